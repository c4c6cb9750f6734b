/** Which claim records are read and written: read where a claim is missing, written when the shape of a bound one changed. */
import { shortId } from '../../restic/ids.ts';
import { recordText, type ClaimRecord, type RecordLook } from '../../claim-record.ts';
import { hash } from '../../hash.ts';
import { NO_MOVER_SPEC } from '../../mover-spec.ts';
import type { Instant } from '../../model.ts';
import type { SourceSpec } from '../../source.ts';
import { leavesUnlessRecorded } from '../facts/backup.ts';
import type { Context, Situation } from '../facts/situation.ts';
import type { ProtectedClaim } from './protected-claim.ts';
import { rememberedOrigin } from '../facts/held-before.ts';

/**
 * A record is worth one GET: nothing in the cluster tells what this claim looked like, or how it began; or its backup is gone, and
 * the record alone may speak for it.
 * @param startedAt of this run's listing
 */
export function wantsRecord(s: Situation, startedAt: Instant): boolean {
  if (leavesUnlessRecorded(s, startedAt)) return true;
  if (s.record !== null || s.listed.state !== 'yes' || s.excluded) return false;
  if (s.claimObject === null)
    return s.destination === null && s.base !== null && s.probe?.state === 'listed' && s.probe.snapshots.length > 0;
  // After a rebuild: the index is new, and knows nothing of this repository.
  return s.live && s.indexed === null && (rememberedOrigin(s, s.claimObject.uid)?.origin ?? null) === null;
}

/** Whether a record could tell nothing but what the claim looked like: no claim's beginning, and no backup that is gone. */
export function isForShape(s: Situation, startedAt: Instant): boolean {
  return s.claimObject === null && !leavesUnlessRecorded(s, startedAt);
}

/** The record of a bound claim, once it is known how it began. */
function recordOf(claim: ProtectedClaim): ClaimRecord | null {
  const { claimObject, backup, protection, destination } = claim;
  if (claimObject === null || !claim.live || claim.excluded || backup.state !== 'present' || protection.began === null)
    return null;
  const { snapshotClass, moverSpec } = moverOf(claim);
  return {
    namespace: claim.namespace,
    claim: claim.claim,
    uid: claimObject.uid,
    tier: claimObject.tier,
    request: claimObject.request,
    accessModes: claimObject.accessModes,
    storageClass: claimObject.storageClass,
    snapshotClass,
    volumeMode: claimObject.volumeMode,
    mover: moverSpec,
    origin: protection.origin,
    ours: protection.keep !== null,
    needs: destination?.memory.restoreSize ?? null,
    ...(claim.repository?.where.kind === 'referenced' && {
      elsewhere: { id: shortId(backup.newest.id), at: backup.newest.at },
    }),
  };
}

/** What a source says of its mover, else what its destination does. */
function moverOf({ sources, destination }: ProtectedClaim): Pick<SourceSpec, 'snapshotClass' | 'moverSpec'> {
  return (sources.find(({ managed }) => managed) ?? sources[0])?.spec ?? destination?.spec ?? NOTHING_TOLD;
}

const NOTHING_TOLD = { snapshotClass: null, moverSpec: NO_MOVER_SPEC };

/** What the index remembers of a record that was found; of one that cannot be read, that it is there. */
export function digestFound(look: RecordLook | null): string | null {
  if (look === null || look.state === 'absent' || look.state === 'failed') return null;
  return look.state === 'read' ? digestOf(look.record) : '00000000';
}

/** What the index remembers of a record that was written: equal records have equal digests. */
export function digestOf(record: ClaimRecord): string {
  return hash(recordText(record)).toString(16).padStart(8, '0');
}

/** The records that differ from what was written last. */
export function recordsToWrite(claims: readonly ProtectedClaim[], { frozen }: Pick<Context, 'frozen'>): ClaimRecord[] {
  const records: ClaimRecord[] = [];
  if (frozen !== null) return records;
  for (const claim of claims) {
    const record = recordOf(claim);
    if (record !== null && digestOf(record) !== claim.protection.recorded) records.push(record);
  }
  return records;
}
