/** Makes all checks of the table at the same time, each with its own time-out, and reports them in order. */
import { messageOf } from '../errors.ts';
import type { Settings } from '../settings/settings.ts';
import { wrong, type Check } from './check.ts';
import { ROWS, type Questions, type Row } from './table.ts';

/** The time-out of one check, in milliseconds. */
export const PATIENCE = 10_000;

export interface Telling {
  /** a row is being waited for */
  waiting: (name: string) => void;
  told: (checks: readonly Check[]) => void;
}

/**
 * Makes all checks of the table. Never rejects.
 * @param signal ends the whole check-up
 * @param patience milliseconds for one row
 */
export async function examine(
  ask: Questions,
  settings: Settings,
  { signal, telling, patience = PATIENCE }: { signal: AbortSignal; telling: Telling; patience?: number },
): Promise<Check[]> {
  const started = new Map<Row, Promise<Check[]>>();
  const start = (row: Row): Promise<Check[]> => {
    const known = started.get(row) ?? asked(row, { ask, settings, signal, patience });
    started.set(row, known);
    return known;
  };
  const [first] = ROWS.filter(({ of }) => of === 'cluster');
  for (const row of ROWS) if (row.of === 'bucket' || row === first) void start(row);
  const all: Check[] = [];
  for (const row of ROWS) {
    telling.waiting(row.name);
    const checks = await start(row);
    telling.told(checks);
    all.push(...checks);
    if (row !== first) continue;
    if (checks.some(({ state }) => state !== 'ok')) break;
    // The cluster answers, so all other checks start together.
    for (const other of ROWS) void start(other);
  }
  return all;
}

async function asked(
  row: Row,
  { ask, settings, signal, patience }: { ask: Questions; settings: Settings; signal: AbortSignal; patience: number },
): Promise<Check[]> {
  const heeded = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const { promise, resolve } = Promise.withResolvers<Check[]>();
  const end = (): void => resolve([late(row, signal, patience)]);
  heeded.addEventListener('abort', end, { once: true });
  row.check(ask, settings, heeded).then(resolve, (error: unknown) => {
    resolve([wrong('failed', row.name, messageOf(error), 'See the message.')]);
  });
  const checks = await promise;
  heeded.removeEventListener('abort', end);
  return checks;
}

function late({ name }: Row, signal: AbortSignal, patience: number): Check {
  const message = signal.aborted ? 'stopped before there was an answer' : `no answer within ${patience / 1000} s`;
  return wrong('unknown', name, message, 'Check address and network, and run doctor again.');
}
