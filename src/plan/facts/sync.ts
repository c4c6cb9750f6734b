/** Where a destination's sync stands. While one runs all the old results stand, `Successful` included. */
import type { Destination, Image, Instant, Mover } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import { SNAPSHOT_GROUP } from '../../naming.ts';

export type Sync =
  | { state: 'none' }
  | { state: 'idle' }
  | {
      state: 'syncing';
      since: Instant | null;
      trouble: Extract<Reason, 'sync-failing' | 'sync-stuck'> | null;
      /** between two retries: the one moment in which a failing destination may be changed or deleted */
      betweenRetries: boolean;
      /** the operator's or mover's own words, when there is trouble */
      detail: string;
    };

/** A passing Error (a write conflict inside VolSync) is gone after 0.1 s; one that stands so long is meant (fixtures). */
const ERROR_LASTS = 60_000;
/** An image that is missing so long after its sync is gone: two lists are not one moment. */
export const IMAGE_MISSED = 5 * 60_000;
/** VolSync starts within seconds, or nobody is there. */
const NEVER_STARTED = 10 * 60_000;
/** Volumes are provisioned and the mover's Job exists by then. */
const NO_JOB_SEEN = 30 * 60_000;

const NONE: Sync = { state: 'none' };
const IDLE: Sync = { state: 'idle' };

/** Only `lastManualSync == trigger.manual` without `lastSyncStartTime` says done. */
export function syncOf(d: Destination | null, mover: Mover | null, now: Instant): Sync {
  if (d === null) return NONE;
  const isAsked = d.manual !== null && d.lastManualSync !== d.manual;
  if (!isAsked && d.lastSyncStartAt === null) return IDLE;
  const since = d.lastSyncStartAt ?? d.memory.askedAt ?? d.createdAt;
  const trouble = wrongWith(d, mover, { since, now });
  return {
    state: 'syncing',
    since,
    trouble,
    betweenRetries: mover !== null && mover.failed > 0 && mover.active === 0,
    detail: trouble === null ? '' : detailOf(d, mover),
  };
}

function wrongWith(
  d: Destination,
  mover: Mover | null,
  { since, now }: { since: Instant | null; now: Instant },
): 'sync-failing' | 'sync-stuck' | null {
  if (mover !== null && mover.failed > 0) return 'sync-failing';
  if (d.lastSyncStartAt !== null && d.moverResult === 'Failed') return 'sync-failing';
  if (hasLastingError(d, now)) return 'sync-failing';
  if (since === null) return null;
  if (d.lastSyncStartAt === null && now - since > NEVER_STARTED) return 'sync-stuck';
  return mover === null && now - since > NO_JOB_SEEN ? 'sync-stuck' : null;
}

function hasLastingError(d: Destination, now: Instant): boolean {
  if (d.condition?.reason !== 'Error' || d.condition.message.includes('object has been modified')) return false;
  return now - (d.condition.at ?? now) > ERROR_LASTS;
}

function detailOf(d: Destination, mover: Mover | null): string {
  if (d.condition?.reason === 'Error') return d.condition.message;
  const lastLine = d.moverResult === 'Failed' ? d.moverLogs.trim().split('\n').at(-1) : undefined;
  if (lastLine !== undefined) return lastLine;
  return mover === null ? 'no mover Job has been seen' : `the mover has failed ${mover.failed} times`;
}

export type ImageState = 'none' | 'direct' | 'missing' | 'not-ready' | 'ready';

/** VolSync checks neither kind, existence nor readiness of latestImage: a claim hangs on what is wrong there. */
export function imageStateOf(destination: Destination | null, image: Image | null): ImageState {
  const reference = destination?.latestImage ?? null;
  if (reference === null) return 'none';
  if (reference.kind !== 'VolumeSnapshot' || reference.apiGroup !== SNAPSHOT_GROUP) return 'direct';
  if (image === null || image.deleting) return 'missing';
  return image.ready ? 'ready' : 'not-ready';
}
