import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inTime } from '../src/in-time.ts';

/** Never ends by itself. */
const forEver = (signal: AbortSignal): Promise<never> =>
  sleep(60_000, undefined, { signal }).then(() => {
    throw new Error('nobody has ended it');
  });

test('what ends in its time gives what it came to, and leaves nothing behind', async () => {
  const stop = new AbortController();
  const heeded = await inTime(stop.signal, 60_000, (signal) => Promise.resolve(signal));
  stop.abort();
  expect(heeded.aborted).toBe(false);
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
});

test('when its time is up, the reason is a TimeoutError', async () => {
  const { signal } = new AbortController();
  await expect(inTime(signal, 1, forEver)).rejects.toMatchObject({
    name: 'AbortError',
    cause: { name: 'TimeoutError', message: 'The operation was aborted due to timeout' },
  });
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test.each([
  ['is stopped meanwhile', false],
  ['was stopped before', true],
])('what %s ends for the same reason', async (_, before) => {
  const stop = new AbortController();
  const reason = new Error('a person has pressed Ctrl-C');
  if (before) stop.abort(reason);
  const ended = inTime(stop.signal, 60_000, forEver);
  stop.abort(reason);
  await expect(ended).rejects.toMatchObject({ name: 'AbortError', cause: reason });
});

test('an error of the work is told as it came', async () => {
  const error = new Error('refused');
  await expect(inTime(new AbortController().signal, 60_000, () => Promise.reject(error))).rejects.toBe(error);
});
