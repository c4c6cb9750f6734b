/** What a source is doing, and whether the bucket shows what it says it has saved. */
import { moverKey, type Mover } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import type { Source } from '../../source.ts';
import type { Context } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

/** VolSync makes a Job anew when it changes under a pod, and a killed mover leaves its lock. */
const DUE_SOON = 2 * 60_000;

/** A pod of it runs, or one is due within two minutes. A sync that waits for an unbound claim is not busy. */
export function isBusy({ live }: JudgedClaim, source: Source, { cluster, now }: Context): boolean {
  const mover = moverOf(source, cluster);
  if (mover !== null) return mover.active > 0 || mover.failed === 0;
  if (!live) return false;
  if (source.lastSyncStartAt !== null && now - source.lastSyncStartAt < DUE_SOON) return true;
  const due = source.nextSyncAt === null ? null : source.nextSyncAt - now;
  return due !== null && due > -DUE_SOON && due < DUE_SOON;
}

/** The mover Job of a source. */
export function moverOf({ namespace, name }: Source, { movers }: Context['cluster']): Mover | null {
  return movers.get(moverKey('ReplicationSource', namespace, name)) ?? null;
}

/** The snapshot that a source has saved last is seen, or is known to be the newest. */
export function savedIsListed({ probe, indexed }: JudgedClaim, saved: string): boolean {
  if (indexed?.id === saved) return true;
  return probe?.state === 'listed' && probe.snapshots.some(({ id }) => shortId(id) === saved);
}
