import { defineConfig } from 'vitest/config';
import { chosenTests } from './test/mutation/shards.ts';

/** The tests of `npm run mutate`. */
const { include, exclude, inProcess } = chosenTests();

export default defineConfig({
  test: {
    include,
    exclude,
    isolate: !inProcess,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    ...(inProcess && { runner: './test/mutation/vitest-runner.ts' }),
  },
});
