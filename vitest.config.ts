import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These need programs that are built from Go: `npm run test:real` and `npm run test:kyverno`.
    exclude: [...configDefaults.exclude, 'test/real/**', 'test/kyverno/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
    restoreMocks: true,
    coverage: {
      provider: 'v8',
      include: ['src/**', 'job/**'],
      exclude: ['job/build.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
});
