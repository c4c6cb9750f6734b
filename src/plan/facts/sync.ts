/** Where a destination's sync stands. While one runs all the old results stand, `Successful` included. */
import type { Destination, Instant } from '../../model.ts';
import type { Reason } from '../../reasons.ts';
import { ANNOTATION, SNAPSHOT_GROUP } from '../../naming.ts';
import type { Situation } from './situation.ts';

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

/** Only `lastManualSync == trigger.manual` without `lastSyncStartTime` says done. */
export function syncOf(s: Situation, now: Instant): Sync {
  const { destination: d, mover } = s;
  if (d === null) return { state: 'none' };
  const asked = d.manual !== null && d.lastManualSync !== d.manual;
  if (!asked && d.lastSyncStartAt === null) return { state: 'idle' };
  const since = d.lastSyncStartAt ?? askedAt(d);
  const trouble = troubleOf(s, since, now);
  return {
    state: 'syncing',
    since,
    trouble,
    betweenRetries: mover !== null && mover.failed > 0 && mover.active === 0,
    detail: trouble === null ? '' : detailOf(s),
  };
}

/** When the current tag was asked for, as far as it was noted. */
function askedAt({ annotations, createdAt }: Destination): Instant | null {
  const at = Date.parse(annotations[ANNOTATION.askedAt] ?? '');
  return Number.isNaN(at) ? createdAt : at;
}

function troubleOf(s: Situation, since: Instant | null, now: Instant): 'sync-failing' | 'sync-stuck' | null {
  const { destination: d, mover } = s;
  if (d === null) return null;
  if (mover !== null && mover.failed > 0) return 'sync-failing';
  if (d.lastSyncStartAt !== null && d.moverResult === 'Failed') return 'sync-failing';
  if (lastingError(s, now)) return 'sync-failing';
  if (since === null) return null;
  if (d.lastSyncStartAt === null && now - since > NEVER_STARTED) return 'sync-stuck';
  return mover === null && now - since > NO_JOB_SEEN ? 'sync-stuck' : null;
}

function lastingError({ destination: d }: Situation, now: Instant): boolean {
  if (d?.condition?.reason !== 'Error' || d.condition.message.includes('object has been modified')) return false;
  return now - (d.condition.at ?? now) > ERROR_LASTS;
}

function detailOf({ destination: d, mover }: Situation): string {
  if (d?.condition?.reason === 'Error') return d.condition.message;
  const lastLine = d?.moverResult === 'Failed' ? d.moverLogs.trim().split('\n').at(-1) : undefined;
  if (lastLine !== undefined) return lastLine;
  return mover === null ? 'no mover Job has been seen' : `the mover has failed ${mover.failed} times`;
}

export type ImageState = 'none' | 'direct' | 'missing' | 'not-ready' | 'ready';

/** VolSync checks neither kind, existence nor readiness of latestImage: a claim hangs on what is wrong there. */
export function imageStateOf({ destination, image }: Situation): ImageState {
  const reference = destination?.latestImage;
  if (reference === undefined || reference === null) return 'none';
  if (reference.kind !== 'VolumeSnapshot' || reference.apiGroup !== SNAPSHOT_GROUP) return 'direct';
  if (image === null || image.deleting) return 'missing';
  return image.ready ? 'ready' : 'not-ready';
}
