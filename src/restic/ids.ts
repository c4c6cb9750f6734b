/** restic names its objects by their SHA-256; its logs show the first 8 hex digits. */

const SNAPSHOT_ID = /^[0-9a-f]{64}$/;

/** Is this the name of an object below `snapshots/` that restic itself would read? */
export function isSnapshotId(name: string): boolean {
  return SNAPSHOT_ID.test(name);
}

/** The first 8 hex digits: what VolSync's mover writes into its log. */
export function shortId(snapshotId: string): string {
  return snapshotId.slice(0, 8);
}
