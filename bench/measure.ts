/** One run of a process, with what it used; and peers that run in turn, because a machine's speed drifts. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { monotonicMs } from './control.ts';

export interface Command {
  /** Anything but `node …` is measured with `/usr/bin/time`, or by the clock alone where that is missing. */
  argv: string[];
  env: Record<string, string>;
  /** Put before the whole command, for example to enter a control group. */
  wrapper?: string[];
  /** SIGTERM is sent when it resolves. */
  until?: Promise<unknown>;
  /** milliseconds, then SIGKILL */
  timeout?: number;
}

export interface Usage {
  exitCode: number | null;
  signal: string | null;
  startedAt: number;
  wallMs: number;
  /** null = not measurable here, or the process was killed */
  cpuMs: number | null;
  peakMiB: number | null;
  stdout: string;
  stderr: string;
}

const PRELOAD = fileURLToPath(new URL('usage.cjs', import.meta.url));
const TIME = '/usr/bin/time';

/** A command for the same Node as this one, with its flags, script and arguments. */
export function nodeCommand(args: string[], env: Record<string, string>): Command {
  return { argv: [process.execPath, '--require', PRELOAD, ...args], env };
}

function fromPreload(file: string): Pick<Usage, 'cpuMs' | 'peakMiB'> {
  const used: { cpuMs: number; peakKiB: number } = JSON.parse(readFileSync(file, 'utf8'));
  return { cpuMs: used.cpuMs, peakMiB: used.peakKiB / 1024 };
}

function fromTime(file: string): Pick<Usage, 'cpuMs' | 'peakMiB'> {
  const line = readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '';
  const [user = NaN, system = NaN, kibibytes = NaN] = line.split(' ').map(Number);
  return { cpuMs: (user + system) * 1000, peakMiB: kibibytes / 1024 };
}

function argvOf(command: Command, usageFile: string): string[] {
  const isNode = command.argv[0] === process.execPath;
  const timed = isNode || !existsSync(TIME) ? [] : [TIME, '-f', '%U %S %M', '-o', usageFile];
  return [...timed, ...(command.wrapper ?? []), ...command.argv];
}

function usageFrom(file: string, isNode: boolean): Pick<Usage, 'cpuMs' | 'peakMiB'> {
  if (!existsSync(file)) return { cpuMs: null, peakMiB: null };
  return isNode ? fromPreload(file) : fromTime(file);
}

/** Runs a command to its end. A non-zero exit is an answer, not an error. */
export async function runCommand(command: Command): Promise<Usage> {
  const directory = mkdtempSync(join(tmpdir(), 'prewarm-bench-'));
  const usageFile = join(directory, 'usage');
  const [file = '', ...args] = argvOf(command, usageFile);
  const startedAt = monotonicMs();
  const child = spawn(file, args, {
    env: { ...command.env, BENCH_USAGE: usageFile },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: command.timeout ?? 600_000,
    killSignal: 'SIGKILL',
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  void command.until?.then(
    () => child.kill('SIGTERM'),
    // the stub was closed before it happened
    () => false,
  );
  const ended = await new Promise<Pick<Usage, 'exitCode' | 'signal' | 'wallMs'>>((resolve, reject) => {
    let wallMs = 0;
    child.on('exit', () => (wallMs = monotonicMs() - startedAt));
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, wallMs }));
    child.on('error', reject);
  });
  const used = usageFrom(usageFile, command.argv[0] === process.execPath);
  rmSync(directory, { recursive: true });
  return { ...ended, ...used, ...output, startedAt };
}

/** The middle value; of an even number the lower one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
}

/**
 * Runs the peers in turn (A B C, A B C, …), after one unmeasured turn if asked to.
 * @returns the runs of each peer, by its name
 */
export async function inTurn<Name extends string, T>(
  rounds: number,
  peers: ReadonlyMap<Name, () => Promise<T>>,
  warmUp = true,
): Promise<(name: Name) => T[]> {
  const results = new Map<Name, T[]>();
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const [name, run] of peers) {
      const result = await run();
      if (round >= 0) results.set(name, [...(results.get(name) ?? []), result]);
    }
  }
  return (name) => results.get(name) ?? [];
}

/** The median of the ratios of runs that followed each other. */
export function pairedRatio<T>(ours: readonly T[], theirs: readonly T[], pick: (one: T) => number): number {
  return median(
    ours.flatMap((one, round) => {
      const other = theirs[round];
      return other === undefined ? [] : [pick(one) / pick(other)];
    }),
  );
}
