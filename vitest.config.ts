import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
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
