/** Both stubs inside the test's own process, and the program as a process against them. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientEnvironment } from '../../bench/lab.ts';
import { startKubeStub } from '../../bench/stub-kube.ts';
import type { KubeStub } from '../../bench/stub-kube.ts';
import { startS3Stub } from '../../bench/stub-s3.ts';
import type { S3Stub } from '../../bench/stub-s3.ts';
import type { KubeWorld } from '../../bench/kube-world.ts';
import { worldOf } from '../../bench/world.ts';
import { COMPILED } from '../support/lab.ts';

interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface Inside extends AsyncDisposable {
  s3: S3Stub;
  kube: KubeStub;
  /** Runs a script of this project, or one by its whole path; the counters are the stubs'. After so many writes it is told to stop. */
  run: (script: string, args: string[], stopAfter?: number) => Promise<Ended>;
}

/** Starts both stubs over a world of this size. */
export async function startInside(
  size: { namespaces: number; claims: number },
  state: KubeWorld['state'],
  restores: 'endless' | 'instant' = 'endless',
): Promise<Inside> {
  const world = worldOf(size.namespaces, size.claims);
  const s3 = await startS3Stub(world, { marked: state !== 'bare' });
  const repositoryBase = `s3:${s3.url}/volsync-backups`;
  const kube = await startKubeStub({ world: { world, repositoryBase, state }, restores });
  const directory = mkdtempSync(join(tmpdir(), 'prewarm-counts-'));
  const env = { ...clientEnvironment(directory, { s3: s3.url, kube: kube.url }), ...COMPILED };
  return {
    s3,
    kube,
    run: async (script, args, stopAfter = Infinity) => {
      const path = fileURLToPath(new URL(script, new URL('../../', import.meta.url)));
      const child = spawn(process.execPath, [path, ...args], { env });
      const output = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
      const watch = setInterval(() => {
        if (kube.stats().writes < stopAfter) return;
        child.kill('SIGTERM');
        clearInterval(watch);
      }, 20);
      const exitCode = await new Promise<number | null>((resolve) => {
        child.on('close', resolve);
      });
      clearInterval(watch);
      return { exitCode, ...output };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([s3.close(), kube.close()]);
      rmSync(directory, { recursive: true });
    },
  };
}
