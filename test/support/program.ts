/**
 * The program as one file, as it is shipped, bundled once for all tests. A process of it starts in half the time of the source,
 * and every one after the first finds its code compiled.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundle } from '../../job/build.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** path of the bundled program; its folder has room for a compile cache */
    program: string;
  }
}

let folder = '';

export async function setup(project: TestProject): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'prewarm-program-'));
  const file = join(folder, 'volsync-prewarm.cjs');
  await bundle(file);
  project.provide('program', file);
}

export function teardown(): void {
  rmSync(folder, { recursive: true });
}
