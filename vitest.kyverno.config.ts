/** The Kyverno lane: `npm run test:kyverno`, the shipped Kyverno policies in Kyverno's own CLI. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/kyverno/**/*.test.ts'],
    globalSetup: ['test/kyverno/setup.ts'],
    testTimeout: 600_000,
    restoreMocks: true,
  },
});
