/** The real lane: `npm run test:real`, against kube-apiserver, etcd and a signing S3 server. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    globalSetup: ['test/control-plane/setup.ts', 'test/support/program.ts'],
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // Each file has a control plane of its own: half a gigabyte, and both cores while it starts.
    fileParallelism: false,
    restoreMocks: true,
  },
});
