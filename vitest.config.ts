import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** Tests of pure functions. */
const PURE = ['test/*.test.ts', 'test/plan/**/*.test.ts', 'test/report/*.test.ts', 'test/admission/*.test.ts'];

/** Tests of whole runs in this process: the program's own pauses are short (test/support/hurry.ts). */
const RUNS = [
  'test/end-to-end/*.test.ts',
  'test/layouts/*.test.ts',
  'test/job/readiness.test.ts',
  'test/cluster/observe.test.ts',
];

/** Tests that put something in the place of a module of the program: each has its own modules. */
const MOCKED = ['test/bucket/direct.test.ts', 'test/cluster/connection.test.ts'];

/** They need programs that are built from Go: `npm run test:real`, `npm run test:kyverno`. */
const FROM_GO = ['test/real/**', 'test/kyverno/**'];

const globalSetup = ['test/support/program.ts'];

export default defineConfig({
  test: {
    // Generous: a machine at a load of 20 needs that much for a test of seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Most tests wait for a process or a server half of their time (measured on two cores: 145 s, and 228 s with a worker for each).
    maxWorkers: 2 * availableParallelism(),
    restoreMocks: true,
    coverage: {
      provider: 'v8',
      include: ['src/**', 'job/**'],
      exclude: ['job/build.ts'],
      reporter: ['text-summary', 'html'],
    },
    // Files share a worker and what it has imported: a quarter of a second of CPU for each file.
    isolate: false,
    projects: [
      { extends: true, test: { name: 'pure', include: PURE } },
      {
        extends: true,
        test: { name: 'runs', include: RUNS, globalSetup, setupFiles: ['test/support/hurry-setup.ts'] },
      },
      { extends: true, test: { name: 'mocked', include: MOCKED, isolate: true } },
      {
        extends: true,
        test: {
          name: 'world',
          globalSetup,
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...PURE, ...RUNS, ...MOCKED, ...FROM_GO],
        },
      },
    ],
  },
});
