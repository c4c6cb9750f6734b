/** k8s/examples/manual-run.sh against a kubectl that answers as a cluster does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../k8s/examples/manual-run.sh');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prewarm-manual-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** Runs the script; `answers` is what kubectl prints for a word in its arguments. */
async function manualRun(answers: { logs: string; pods: string }): Promise<{ code: number; told: string }> {
  const kubectl = [
    '#!/usr/bin/env bash',
    'case " $* " in',
    `*" logs "*) printf '%s\\n' '${answers.logs}' ;;`,
    `*" get pods "*) ${answers.pods} ;;`,
    'esac',
  ].join('\n');
  await writeFile(join(folder, 'kubectl'), `${kubectl}\n`, { mode: 0o755 });
  const child = spawn('bash', [SCRIPT], { env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` } });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  child.stdout.resume();
  const [code] = await once(child, 'close');
  return { code: Number(code), told };
}

const GONE = 'echo "error: array index out of bounds" >&2; exit 1';

test('L7: the exit code is known although the CronJob has deleted the Job meanwhile', async () => {
  const logs = '{"level":"info","exitCode":3,"msg":"run finished"}';

  expect(await manualRun({ logs, pods: GONE })).toEqual({ code: 3, told: 'exit code 3\n' });
});

test('L7: a run that ended without its last line is asked of the pod, and unknown is told as such', async () => {
  expect(await manualRun({ logs: 'wrong settings', pods: 'printf 2' })).toEqual({ code: 2, told: 'exit code 2\n' });
  expect(await manualRun({ logs: 'wrong settings', pods: GONE })).toEqual({
    code: 1,
    told: 'error: array index out of bounds\nexit code unknown\n',
  });
});
