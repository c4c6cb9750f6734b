/** The Kyverno CLI: built from the module beside this file, and asked over files, as a person would. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureProgram, type Program } from '../control-plane/binaries.ts';
import type { Say } from '../control-plane/go.ts';

const CLI: Program = {
  name: 'kyverno',
  module: import.meta.dirname,
  main: 'github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno',
  takes: 'about seven minutes',
  version: {},
};

/** The path of the CLI, which is built unless it is in the cache. */
export function ensureKyverno(say?: Say): Promise<string> {
  return ensureProgram(CLI, say);
}

/** What it said. */
export interface Said {
  code: number | null;
  /** both streams, in the order in which they came */
  text: string;
}

/** Runs it in a directory; how it ends is the caller's to judge. */
export async function kyverno(args: readonly string[], cwd: string): Promise<Said> {
  const child = spawn(await ensureKyverno(), args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const heard: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => heard.push(text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { code, text: heard.join('') };
}

/** A directory with a YAML file for each name, gone afterwards. */
export async function withFiles<Result>(
  files: Readonly<Record<string, readonly object[]>>,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'prewarm-kyverno-'));
  try {
    for (const [name, objects] of Object.entries(files)) {
      await writeFile(
        join(folder, `${name}.yaml`),
        objects.map((object) => `${JSON.stringify(object)}\n`).join('---\n'),
      );
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
