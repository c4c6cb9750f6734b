/** Controls for both stubs while they run: delay replies, stop replying, refuse requests, and reset. */

import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody } from '../sandbox/serving.ts';

export interface Behaviour {
  /** Every reply waits this long. */
  latencyMs: number;
  /** Requests are taken and never answered. */
  hang: boolean;
  /** With `hang`: this many requests are answered before the silence. */
  hangAfter: number;
  /** Every n-th request is refused (429 from the API server, 503 from S3); 0 = none. */
  refuseEvery: number;
}

/** The body of a reset: what to change. Counters go back to zero in any case. */
export interface Reset extends Partial<Behaviour> {
  /** Also forget everything that was written. */
  objects?: boolean;
}

/** The body of a `POST /__reset`. */
export async function readReset(message: IncomingMessage): Promise<Reset> {
  const body = await readBody(message);
  const reset: Reset = body.length === 0 ? {} : JSON.parse(body.toString());
  return reset;
}

export const PLAIN: Behaviour = { latencyMs: 0, hang: false, hangAfter: 0, refuseEvery: 0 };

export type Turn = 'answer' | 'refuse' | 'silence';

/** Waits for the configured delay, then decides how to handle the n-th request (counted from 1). */
export async function takeTurn(behaviour: Behaviour, nth: number): Promise<Turn> {
  if (behaviour.hang && nth > behaviour.hangAfter) return 'silence';
  if (behaviour.latencyMs > 0) await sleep(behaviour.latencyMs);
  return behaviour.refuseEvery > 0 && nth % behaviour.refuseEvery === 0 ? 'refuse' : 'answer';
}

/** The monotonic clock that all processes of a machine share, in milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

export interface Clock {
  first: number | null;
  last: number | null;
}

/** Notes that something happened now. */
export function tick(clock: Clock): void {
  const now = monotonicMs();
  clock.first ??= now;
  clock.last = now;
}
