import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    restoreMocks: true,
    coverage: { provider: 'v8', include: ['src/**', 'job/**'], exclude: ['job/build.ts'], reporter: ['text-summary', 'html'] },
  },
});
