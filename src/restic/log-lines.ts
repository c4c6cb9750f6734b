/**
 * What an image holds, read from the mover's log. The 8 hex digits of `restoring snapshot <8 hex> …` begin the object's
 * name below `snapshots/` (VolSync 0.11 and newer; up to 0.9.1 the line was `restoring <Snapshot <8 hex> of …`).
 */

export type Proof = { kind: 'restored'; id: string } | { kind: 'empty' } | { kind: 'unreadable' };

const RESTORED = /restoring (?:snapshot |<Snapshot )([0-9a-f]{8})\b/g;
/** A restore that found nothing, or created the repository. It succeeds nevertheless. */
const EMPTY = /No eligible snapshots found|No data will be restored|created restic repository/;
/** A backup of an empty volume succeeds, and touches no repository. */
const SKIPPED = /Directory is empty/;
const SAVED = /snapshot ([0-9a-f]{8}) saved/g;
const COMPLETED = /Restic completed in (\d{1,8})s/g;

/** Reads the log of a restore. `unreadable` proves nothing in either direction. */
export function readProof(logs: string): Proof {
  const id = last(logs, RESTORED);
  if (id !== null) return { kind: 'restored', id };
  return EMPTY.test(logs) ? { kind: 'empty' } : { kind: 'unreadable' };
}

/** The short id that a backup's log says it saved, or null. */
export function readSaved(logs: string): string | null {
  return last(logs, SAVED);
}

/** How long the mover says that it has worked, in seconds; the time before its pod had the volume is not in it. Null: it does not say. */
export function readSeconds(logs: string): number | null {
  const seconds = last(logs, COMPLETED);
  return seconds === null ? null : Number(seconds);
}

/** Whether a backup found nothing to save, and so did not open the repository. */
export function skippedEmpty(logs: string): boolean {
  return SKIPPED.test(logs);
}

/** The last match counts, because a log can contain more than one attempt. */
function last(logs: string, pattern: RegExp): string | null {
  let found: string | null = null;
  // Asked of every log in each run: `exec` goes on where it was, and is at the beginning again once it finds nothing more.
  for (let match = pattern.exec(logs); match !== null; match = pattern.exec(logs)) found = match[1] ?? null;
  return found;
}
