/** Work that ends when its time is up. */

/**
 * Does this with a signal that follows the given one, and aborts by itself when the time is up. `AbortSignal.any` and
 * `AbortSignal.timeout` say the same, but leave a timer and three references behind for the collector, for each of 500 requests.
 * @param millis until its reason is a TimeoutError, as that of `AbortSignal.timeout`
 */
export async function inTime<T>(
  signal: AbortSignal,
  millis: number,
  work: (heeded: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener('abort', follow);
  const timer = setTimeout(() => controller.abort(timedOut()), millis);
  // What is waited for keeps the program alive, and its time does not.
  timer.unref();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', follow);
  }
}

function timedOut(): DOMException {
  return new DOMException('The operation was aborted due to timeout', 'TimeoutError');
}
