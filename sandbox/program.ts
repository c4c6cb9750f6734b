/** Runs the real program, as a user would, against a sandbox. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../job/main.ts', import.meta.url));

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Runs a command to its end, from source or from a bundle. An exit code other than 0 is a result, not an error. */
export function runProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  program = MAIN,
): Promise<Finished> {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? 1, stdout, stderr, seconds: (Date.now() - started) / 1000 });
      },
    );
  });
}
