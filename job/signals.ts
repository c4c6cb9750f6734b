/** How a run ends before its work is done: SIGTERM, SIGINT, or the deadline. */
import type { Signals } from '../src/run.ts';

/** What a command says that was interrupted: an answer that was cut short would only mislead. @returns its exit code */
export function saysInterrupted(command: string): 1 {
  process.stderr.write(`volsync-prewarm ${command}: interrupted before everything was observed\n`);
  return 1;
}

/** How long a write that is under way at the deadline may still take before it is cut off. */
const AFTER_DEADLINE = 700;
/** After SIGTERM the current call may finish. The grace period of the pod is 20 s. */
const AFTER_SIGNAL = 10_000;

export interface Ends extends Signals {
  /** a person or the kubelet has ended it, and not the deadline */
  wasInterrupted: () => boolean;
}

/** The two ends of a run: the deadline, and SIGTERM or SIGINT. Timers do not keep the process alive. */
export function endsOf(deadline: number): Ends {
  let interrupted = false;
  const stop = new AbortController();
  const hard = new AbortController();
  const end = (grace: number): void => {
    stop.abort();
    setTimeout(() => hard.abort(), grace).unref();
  };
  setTimeout(() => end(AFTER_DEADLINE), deadline).unref();
  const interrupt = (): void => {
    interrupted = true;
    end(AFTER_SIGNAL);
  };
  process.once('SIGTERM', interrupt);
  process.once('SIGINT', interrupt);
  return { stop: stop.signal, hard: hard.signal, wasInterrupted: () => interrupted };
}
