import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Needs programs that are built from Go: `npm run test:real`.
    exclude: [...configDefaults.exclude, 'test/real/**'],
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
