/** Programs that a test starts: their logs go to a file, and none outlives the test run, however it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One program that runs; `stop` waits for its end. */
export interface Running {
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** waits until the check says true. @throws Error with the end of the log when the program ends or the time is up */
  until(check: () => Promise<boolean>, seconds?: number): Promise<void>;
}

export interface Guarded extends AsyncDisposable {
  start(command: readonly [string, ...string[]], log: string): Promise<Running>;
}

/**
 * Kills what is left when this process is gone, SIGKILL included: nothing in this process can do that. It reads `+pid` and
 * `-pid`, and acts when the pipe is closed.
 */
const GUARD = `
pids=' '
while read -r sign pid; do
  case $sign in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
rm -rf "$1"`;

/** Starts programs under a guard, which removes the folder at the end. */
export function guarded(folder: string): Guarded {
  // A session of its own: Ctrl-C in the terminal must not reach it before it has done its work.
  const guard = spawn('sh', ['-c', GUARD, 'guard', folder], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
  const tell = (sign: '+' | '-', child: ChildProcess): void => void guard.stdin.write(`${sign} ${child.pid}\n`);
  const running = new Set<Running>();
  return {
    start: async (command, log) => {
      const child = await spawned(command, log);
      tell('+', child);
      const { promise: ended, resolve } = Promise.withResolvers<string>();
      child.once('exit', (code, signal) => {
        tell('-', child);
        resolve(`${command[0]} ended with ${signal ?? code}`);
      });
      const one: Running = {
        stop: async (signal = 'SIGTERM') => {
          child.kill(signal);
          await ended;
          running.delete(one);
        },
        until: (check, seconds = 60) => waitFor({ check, ended, seconds, log }),
      };
      running.add(one);
      return one;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...running].map((one) => one.stop('SIGKILL')));
      guard.stdin.end();
      await once(guard, 'exit');
    },
  };
}

async function spawned([program, ...args]: readonly [string, ...string[]], log: string): Promise<ChildProcess> {
  const file = await open(log, 'a');
  const child = spawn(program, args, { stdio: ['ignore', file.fd, file.fd] });
  const { promise: up, resolve, reject } = Promise.withResolvers<void>();
  child.once('spawn', resolve).once('error', reject);
  try {
    await up;
  } finally {
    await file.close();
  }
  return child;
}

interface Waiting {
  check: () => Promise<boolean>;
  ended: Promise<string>;
  seconds: number;
  log: string;
}

async function waitFor({ check, ended, seconds, log }: Waiting): Promise<void> {
  let end: string | null = null;
  void ended.then((how) => (end = how));
  const late = Date.now() + seconds * 1000;
  while (!(await check().catch(() => false))) {
    if (end === null && Date.now() < late) {
      await sleep(50);
      continue;
    }
    const tail = (await readFile(log, 'utf8')).split('\n').slice(-25).join('\n');
    throw new Error(`${end ?? `not ready after ${seconds} s`}; ${log} ends with:\n${tail}`);
  }
}

/** A port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
