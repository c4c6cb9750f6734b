/** The process: argv and environment in, exit code out. */
import { parseCommandLine } from './command-line.ts';
import { execute } from './execute.ts';
import { VERSION } from './version.ts';

/** An idle socket must not keep a finished program alive. */
const GRACE = 300;

async function main(): Promise<number> {
  const line = await parseCommandLine(process.argv.slice(2), process.env, VERSION);
  switch (line.kind) {
    case 'text':
      process.stdout.write(line.text);
      return 0;
    case 'problems':
      process.stderr.write(
        `volsync-prewarm: the settings are wrong:\n${line.problems.map((one) => `  ${one}\n`).join('')}`,
      );
      return 2;
    case 'command':
      return execute(line, process.env);
  }
}

/** The reader of the output has gone, as with `| head`, so there is nothing left to do. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? 0);
}

process.stdout.on('error', leaveQuietly);
process.stderr.on('error', leaveQuietly);

main().then(
  (code) => {
    process.exitCode = code;
    setTimeout(() => process.exit(), GRACE).unref();
  },
  (error: unknown) => {
    process.stderr.write(
      `volsync-prewarm: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
