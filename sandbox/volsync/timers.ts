/** Sleeping that neither keeps the process alive nor survives a stop. */

/** Thrown from a sleep when the work is cancelled; `reason` says why. */
export class Interrupted extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = 'Interrupted';
    this.reason = reason;
  }
}

export class Timers {
  readonly #pending = new Map<NodeJS.Timeout, (error: Error) => void>();
  #stopped = false;

  /** Waits; rejects with Interrupted when a signal fires or everything stops. */
  sleep(millis: number, signals: AbortSignal[] = []): Promise<void> {
    const signal = AbortSignal.any(signals);
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(new Interrupted('stopped'));
      if (signal.aborted) return reject(new Interrupted(String(signal.reason)));
      const onAbort = (): void => finish(() => reject(new Interrupted(String(signal.reason))));
      const timer = setTimeout(() => finish(resolve), millis);
      const finish = (then: () => void): void => {
        clearTimeout(timer);
        this.#pending.delete(timer);
        signal.removeEventListener('abort', onAbort);
        then();
      };
      timer.unref();
      signal.addEventListener('abort', onAbort);
      this.#pending.set(timer, (error) => finish(() => reject(error)));
    });
  }

  /** Cancels all sleeps, and all later ones too. */
  stop(): void {
    this.#stopped = true;
    for (const reject of Array.from(this.#pending.values())) reject(new Interrupted('stopped'));
  }
}
