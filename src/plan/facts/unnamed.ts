/**
 * After a rebuild: a claim whose record says that its repository lies at a place of its own, while no source and no destination in
 * the cluster names one yet. There is a backup, and nobody can look: an address is never taken from a record, since whoever holds
 * the bucket's keys can write one.
 */
import type { ClaimRecord, RecordLook } from '../../claim-record.ts';
import type { BucketView, ClusterView, Unknown } from '../../model.ts';
import type { Settings } from '../../settings/settings.ts';

const UNNAMED: Unknown = {
  state: 'unknown',
  reason: 'repository-unnamed',
  message: 'its record says that it was backed up to a place of its own, and no source or destination names one',
};

/** What the record says of a snapshot at another place; null = nothing. */
export function elsewhereIn(look: RecordLook | null | undefined): NonNullable<ClaimRecord['elsewhere']> | null {
  return look?.state === 'read' ? (look.record.elsewhere ?? null) : null;
}

/**
 * For a claim that names no repository: null where its layout path tells enough. A claim that has begun without it is judged as it
 * is, and a person who overrules the index gives these up, too.
 */
export function unnamedBy(
  key: string,
  listed: { state: 'yes' | 'no' | 'not-looked' | 'unknown' },
  {
    bucket,
    cluster,
    settings,
  }: { bucket: BucketView; cluster: ClusterView; settings: Pick<Settings, 'acceptShrink' | 'acceptedIndex'> },
): Unknown | null {
  if (listed.state !== 'no' && listed.state !== 'not-looked') return null;
  const isRemembered = cluster.index.entries.get(key)?.reason === UNNAMED.reason;
  if (!isRemembered && elsewhereIn(bucket.records.get(key)) === null) return null;
  const { generatedAt } = cluster.index;
  const isOverruled =
    settings.acceptShrink || (settings.acceptedIndex !== null && settings.acceptedIndex === generatedAt);
  return isOverruled || cluster.claims.get(key)?.phase === 'Bound' ? null : UNNAMED;
}
