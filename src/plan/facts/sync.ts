/** The state of a destination's sync. While one runs, the results of the sync before are still there, `Successful` included. */
import type { Destination, Image, Instant, Mover } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import { SNAPSHOT_GROUP } from '../../naming.ts';
import { stuckBecause, type Watched } from './stuck.ts';

export type Sync =
  | { state: 'none' }
  | { state: 'idle' }
  /** the worker has paused it after failures: VolSync makes no pod until it is asked again */
  | { state: 'paused' }
  | {
      state: 'syncing';
      since: Instant | null;
      trouble: Extract<Reason, 'sync-failing' | 'sync-stuck'> | null;
      /** between two retries: the one moment in which a failing destination may be changed or deleted */
      betweenRetries: boolean;
      /** what VolSync, the mover or its Job say, when there is trouble */
      detail: string;
    };

/** An Error from a write conflict inside VolSync passes after 0.1 s. One that lasts this long is real (fixtures). */
const ERROR_LASTS = 60_000;
/** An image that is missing this long after its sync is gone. Sooner, the two lists may be from different moments. */
export const IMAGE_MISSED = 5 * 60_000;
const NONE: Sync = { state: 'none' };
const IDLE: Sync = { state: 'idle' };
const PAUSED: Sync = { state: 'paused' };

/** A sync is done only if `lastManualSync` equals `trigger.manual` and `lastSyncStartTime` is absent. */
export function syncOf(watched: Watched, now: Instant): Sync {
  const { destination: d, mover } = watched;
  if (d === null) return NONE;
  const isAsked = d.manual !== null && d.lastManualSync !== d.manual;
  if (!isAsked && d.lastSyncStartAt === null) return IDLE;
  // With a Job of parallelism 0 VolSync says that a sync runs, and no pod does (measured).
  if (d.paused && d.memory.tries !== null && (mover?.active ?? 0) === 0) return PAUSED;
  const since = d.lastSyncStartAt ?? d.memory.askedAt ?? d.createdAt;
  // VolSync makes no Job for a volume that it cannot enlarge, so nothing is cut off.
  const betweenRetries =
    mover === null ? cannotGrow(d) && hasLastingError(d, now) : mover.failed > 0 && mover.active === 0;
  return { state: 'syncing', since, betweenRetries, ...troubleWith(d, watched, { since, now }) };
}

function troubleWith(
  d: Destination,
  watched: Watched,
  at: { since: Instant | null; now: Instant },
): Pick<Extract<Sync, { state: 'syncing' }>, 'trouble' | 'detail'> {
  if (isFailing(d, watched.mover, at.now)) return { trouble: 'sync-failing', detail: failureOf(d, watched.mover) };
  const stuck = stuckBecause(d, watched, at);
  return stuck === null ? { trouble: null, detail: '' } : { trouble: 'sync-stuck', detail: stuck };
}

/** The API server's own words when a class does not allow expansion. */
export function cannotGrow({ condition }: Destination): boolean {
  return condition?.reason === 'Error' && condition.message.includes('can be resized');
}

function isFailing(d: Destination, mover: Mover | null, now: Instant): boolean {
  if (mover !== null && mover.failed > 0) return true;
  return (d.lastSyncStartAt !== null && d.moverResult === 'Failed') || hasLastingError(d, now);
}

function hasLastingError(d: Destination, now: Instant): boolean {
  if (d.condition?.reason !== 'Error' || d.condition.message.includes('object has been modified')) return false;
  return now - (d.condition.at ?? now) > ERROR_LASTS;
}

function failureOf(d: Destination, mover: Mover | null): string {
  if (d.condition?.reason === 'Error') return d.condition.message;
  const logs = d.moverResult === 'Failed' ? d.moverLogs.trim() : '';
  if (logs !== '') return logs.slice(logs.lastIndexOf('\n') + 1);
  return mover === null ? 'VolSync says that the mover failed' : `the mover has failed ${mover.failed} times`;
}

export type ImageState = 'none' | 'direct' | 'missing' | 'not-ready' | 'ready';

/** VolSync checks neither kind, existence nor readiness of latestImage. A claim hangs if one of them is wrong. */
export function imageStateOf(destination: Destination | null, image: Image | null): ImageState {
  const reference = destination?.latestImage ?? null;
  if (reference === null) return 'none';
  if (reference.kind !== 'VolumeSnapshot' || reference.apiGroup !== SNAPSHOT_GROUP) return 'direct';
  if (image === null || image.deleting) return 'missing';
  return image.ready ? 'ready' : 'not-ready';
}
