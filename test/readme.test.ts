import { expect, test } from 'vitest';
import { currentReadme, generatedReadme } from './support/readme.ts';

test('README.md explains every reason and every setting as the code does (npm run docs writes them)', () => {
  const readme = currentReadme();

  expect(readme).toBe(generatedReadme(readme));
  expect(readme).toContain('| `image-empty` |');
});
