import { defineConfig } from 'vitest/config';
import { chosenTests } from './test/mutation/shards.ts';

/** The tests of `npm run mutate`. */
const { include, exclude, overTheWire } = chosenTests();

export default defineConfig({
  test: {
    include,
    exclude,
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    ...(overTheWire && { globalSetup: ['test/support/program.ts'], setupFiles: ['test/support/hurry-setup.ts'] }),
    // What a mutant leaves running may fail when its test has ended.
    ...(overTheWire && { onUnhandledError: () => false }),
    runner: './test/mutation/vitest-runner.ts',
  },
});
