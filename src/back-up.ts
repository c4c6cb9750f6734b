/**
 * One backup now, by a source that is there: its schedule is beaten by a manual trigger for as long as that is there, so the
 * trigger is taken away when the backup has ended, fails or is given up. If this process is killed, the next run takes it away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, WriteResult } from './decisions.ts';
import { messageOf } from './errors.ts';
import type { Instant, Mover } from './model.ts';
import { backupTag, backupTagUntil } from './naming.ts';
import { readSaved } from './restic/log-lines.ts';
import type { Source } from './source.ts';

export interface BackUpPorts {
  read: (signal: AbortSignal) => Promise<{ source: Source; mover: Mover | null } | null>;
  write: (action: Action, signal: AbortSignal) => Promise<WriteResult>;
  now: () => Instant;
  /** one line for each change */
  tell: (line: string) => void;
}

export type BackUp =
  /** `saved`: its short id; null when VolSync saved none, because the volume is empty */
  { state: 'done'; saved: string | null } | { state: 'asked'; tag: string } | { state: 'failed'; message: string };

/** The first looks are closer together, because small volumes are saved in seconds. */
const LOOK_AGAIN = [250, 500, 1000, 2000];
/** After so many failed pods it is not by chance. VolSync itself goes on trying for ever. */
const MOST_FAILED = 3;
/** Somebody may write to the source at the same moment, VolSync above all. */
const MOST_CONTESTED = 10;
/** Taking the trigger away is worth this long, also when the time is up. */
const RELEASE_TAKES = 10_000;

interface Wanted {
  source: Source;
  /** until when somebody waits; a run leaves the trigger alone until then */
  until: Instant;
  /** false: only ask, and leave the rest to VolSync and to the next run */
  wait: boolean;
  signal: AbortSignal;
}

/** Asks, waits, and leaves no trigger behind. Never rejects. */
export async function backUp(ports: BackUpPorts, { source, until, wait, signal }: Wanted): Promise<BackUp> {
  const tag = backupTag(until);
  try {
    const asked = await ask(ports, source, tag, signal);
    if (typeof asked === 'string') return { state: 'failed', message: asked };
    if (!wait) return { state: 'asked', tag };
    return await ended(ports, { before: asked, tag, signal });
  } catch (error) {
    return { state: 'failed', message: signal.aborted ? 'interrupted, or the time is up' : messageOf(error) };
  } finally {
    if (wait && source.schedule !== null) await release(ports, tag);
  }
}

/**
 * A sync that runs already would be credited with the new trigger, although it began before: it is waited for.
 * @returns the source as it was then, or what is wrong
 */
async function ask(ports: BackUpPorts, first: Source, tag: string, signal: AbortSignal): Promise<Source | string> {
  let said = false;
  let contested = 0;
  for (let round = 0; ; round += 1) {
    const seen = await ports.read(signal);
    if (seen === null) return `source ${first.name} is gone`;
    const { source, mover } = seen;
    if (
      backupTagUntil(source.manual) !== null &&
      source.lastManualSync !== source.manual &&
      ports.now() < (backupTagUntil(source.manual) ?? 0)
    )
      return `somebody else waits for a backup of ${first.name} at this moment (trigger ${source.manual})`;
    if (source.lastSyncStartAt === null) {
      const { namespace, claim, name, uid, resourceVersion } = source;
      const of = { name, uid, resourceVersion };
      const outcome = await ports.write({ kind: 'request-backup', namespace, claim, of, tag }, signal);
      if (outcome.state === 'done') return source;
      contested += 1;
      if (outcome.state === 'failed' || contested >= MOST_CONTESTED)
        return `the backup could not be asked for: ${outcome.message}`;
      continue;
    }
    const trouble = troubleOf(source, mover);
    if (trouble !== null) return `a backup that was begun before fails: ${trouble}`;
    if (!said) ports.tell('a backup is running already; the one that you asked for follows it');
    said = true;
    await pause(round, signal);
  }
}

async function ended(
  ports: BackUpPorts,
  { before, tag, signal }: { before: Source; tag: string; signal: AbortSignal },
): Promise<BackUp> {
  let told = '';
  for (let round = 0; ; round += 1) {
    const seen = await ports.read(signal);
    if (seen === null) return { state: 'failed', message: `source ${before.name} was deleted` };
    const { source, mover } = seen;
    const isOver = source.lastSyncStartAt === null && source.lastSyncAt !== null;
    if (isOver && source.lastManualSync === tag) return { state: 'done', saved: savedBy(source, before) };
    // Taken away in the middle: VolSync finishes the backup, and remembers no trigger.
    if (isOver && source.manual !== tag && source.lastSyncAt !== before.lastSyncAt)
      return { state: 'done', saved: savedBy(source, before) };
    if (isOver && source.manual !== tag)
      return {
        state: 'failed',
        message: `somebody else took the trigger away from ${source.name} before the backup had begun`,
      };
    const trouble = troubleOf(source, mover);
    if (trouble !== null) return { state: 'failed', message: trouble };
    const line = stageOf(source, mover);
    if (line !== told) ports.tell(line);
    told = line;
    await pause(round, signal);
  }
}

/** The log of the sync before stands until the next one ends: the same id twice is no new snapshot. */
function savedBy(source: Source, before: Source): string | null {
  const saved = readSaved(source.moverLogs);
  return saved === readSaved(before.moverLogs) ? null : saved;
}

function troubleOf({ name, moverResult, moverLogs, lastSyncStartAt }: Source, mover: Mover | null): string | null {
  const failed = mover?.failed ?? 0;
  const isGivenUp = lastSyncStartAt !== null && moverResult === 'Failed' && failed > 0;
  if (failed < MOST_FAILED && !isGivenUp) return null;
  const log = moverResult === 'Failed' ? lastLine(moverLogs) : '';
  return `${failed} pods of the mover of ${name} have failed${log === '' ? '' : `: ${log}`}. VolSync goes on trying; its log: kubectl logs job/volsync-src-${name}`;
}

function lastLine(logs: string): string {
  return logs.trimEnd().split('\n').at(-1) ?? '';
}

function stageOf({ lastSyncStartAt }: Source, mover: Mover | null): string {
  if (lastSyncStartAt === null) return 'asked; VolSync has not begun yet';
  if (mover === null) return 'VolSync copies the volume';
  if (mover.succeededAt !== null) return 'saved; VolSync cleans up';
  const failed = mover.failed === 0 ? '' : ` (${mover.failed} failed before)`;
  if (mover.active === 0) return `the mover has no pod${failed}`;
  return mover.ready === 0 ? `the pod of the mover does not run yet${failed}` : `the mover saves the data${failed}`;
}

/** By now the command may be out of time, or interrupted: this is worth ten seconds more. */
async function release(ports: BackUpPorts, tag: string): Promise<void> {
  const signal = AbortSignal.timeout(RELEASE_TAKES);
  try {
    for (let count = 0; count < MOST_CONTESTED; count += 1) {
      const seen = await ports.read(signal);
      if (seen?.source.manual !== tag) return;
      const { namespace, claim, name, uid, resourceVersion } = seen.source;
      const of = { name, uid, resourceVersion };
      const outcome = await ports.write({ kind: 'release-source', namespace, claim, of, tag: null }, signal);
      if (outcome.state === 'done') return;
      await sleep(100);
    }
  } catch {
    // Said below.
  }
  ports.tell('the manual trigger could not be taken away; the next run of the worker does it');
}

async function pause(round: number, signal: AbortSignal): Promise<void> {
  await sleep(LOOK_AGAIN[round] ?? 2000, undefined, { signal });
}
