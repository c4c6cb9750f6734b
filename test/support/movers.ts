/** What movers need and say. */
import { ANNOTATION } from '../../src/naming.ts';
import { NO_MOVER_SPEC, moverFieldsFrom, type MoverSpec } from '../../src/mover-spec.ts';

/** A mover spec of which the fields are given as they stand in a manifest. */
export function moverSpec({
  cacheCapacity = null,
  ...restic
}: { cacheCapacity?: string | null } & Record<string, unknown> = {}): MoverSpec {
  return { ...NO_MOVER_SPEC, cacheCapacity, fields: moverFieldsFrom(restic) };
}

export function restoredLog(id = 'bbbbbbbb'): string {
  return `restoring snapshot ${id} of [/data] at 2026-11-21 11:00:00.1 +0000 UTC by root@volsync to .\nRestic completed in 2s`;
}

export const EMPTY_LOG =
  '=== Initialize Dir ===\ncreated restic repository 0735452df8 at s3:http://rustfs.example:9000/volsync-backups/media/plex-config\nNo eligible snapshots found\n=== No data will be restored ===\nRestic completed in 3s';

/** What is noted with a request for a sync: when, and which repository the credentials of the ordinary claim named. */
export function askedAt(at: number): Record<string, string> {
  return {
    [ANNOTATION.askedAddress]: 's3:rustfs.example:9000/volsync-backups/media/plex-config',
    [ANNOTATION.askedAt]: new Date(at).toISOString(),
  };
}

/** What is known of our Secret when a mover has succeeded with its password; its data was changed long ago. */
export const PROVEN = { proven: true, changedAt: 0 };
