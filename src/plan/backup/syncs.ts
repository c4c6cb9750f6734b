/** What a source is doing, and whether the bucket shows what it says it has saved. */
import { moverKey, type Mover } from '../../model.ts';
import { shortId } from '../../restic/ids.ts';
import type { Source } from '../../source.ts';
import { isSourceBusy } from '../facts/busy.ts';
import type { Context } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';

/** A pod of it runs, or one is due within two minutes. */
export function isBusy({ live }: JudgedClaim, source: Source, { cluster, now }: Context): boolean {
  return isSourceBusy(source, moverOf(source, cluster), { live, now });
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
