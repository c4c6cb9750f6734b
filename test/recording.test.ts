import { describe, expect, test } from 'vitest';
import { drawn, recorded } from './support/recording.ts';

const OUTPUT = [
  'volsync-prewarm, told in two scenes.',
  '',
  '1. The first scene',
  '  $ volsync-prewarm run   (exit 0, 1.3 s)',
  '      create-destination a/1 4cb08766',
  '      create-destination a/2 4cb08766',
  '      create-destination a/3 4cb08766',
  '      create-destination a/4 4cb08766',
  '      create-destination a/5 4cb08766',
  '  ✓ done <well>',
  '',
  '2. The second scene',
  '  ✓ not shown',
  '',
  'Every step ended as it must (12.8 s).',
].join('\n');

describe('the picture of the demo', () => {
  test('shows the chosen scenes, without times and with the first actions of each run', () => {
    expect(recorded(OUTPUT, [1])).toEqual([
      '1. The first scene',
      '  $ volsync-prewarm run   (exit 0)',
      '      create-destination a/1 4cb08766',
      '      create-destination a/2 4cb08766',
      '      create-destination a/3 4cb08766',
      '      … and 2 more',
      '  ✓ done <well>',
    ]);
  });

  test('breaks a long line between words and indents what goes on', () => {
    const [first = '', second = ''] = recorded(`1. Scene\n    ${'word '.repeat(40)}`, [1]).slice(1);

    expect(first.length).toBeLessThanOrEqual(112);
    expect(second.startsWith('      word')).toBe(true);
  });

  test('escapes what is markup in SVG', () => {
    expect(drawn(recorded(OUTPUT, [1]))).toContain('<text x="18" y="139" class="good">  ✓ done &lt;well&gt;</text>');
  });
});
