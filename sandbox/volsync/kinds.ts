/** The two kinds that VolSync syncs. */
export type SyncKind = 'ReplicationDestination' | 'ReplicationSource';

/** Is this the kind of an object that syncs? */
export function isSyncKind(kind: string): kind is SyncKind {
  return kind === 'ReplicationDestination' || kind === 'ReplicationSource';
}
