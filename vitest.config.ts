import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** Tests of pure functions: they share a worker, which saves a start and all imports for each file. */
const PURE = ['test/*.test.ts', 'test/plan/**', 'test/report/**', 'test/admission/**'].map((folder) =>
  folder.endsWith('.ts') ? folder : `${folder}/*.test.ts`,
);

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
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'world',
          globalSetup: ['test/support/program.ts'],
          include: ['test/**/*.test.ts'],
          // test/real and test/kyverno need programs that are built from Go: `npm run test:real`, `npm run test:kyverno`.
          exclude: [...configDefaults.exclude, ...PURE, 'test/real/**', 'test/kyverno/**'],
        },
      },
    ],
  },
});
