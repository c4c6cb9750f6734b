/** What is kept of a mover's log: the lines that something is read from. The log of a large cluster's movers is megabytes. */
import { copied } from './read.ts';

/** What was restored or saved, that nothing was, and what went wrong. */
const TELLING =
  /restoring|No eligible snapshots|No data will be restored|created restic repository|snapshot [0-9a-f]{8} saved|Fatal|ERROR/;
/** Of such lines, so many from the beginning and from the end. */
const FIRST = 2;
const LAST = 4;
const LONGEST_LINE = 300;
/** VolSync keeps 1 KiB of a log unless it is told otherwise; whoever writes a status can write more. */
const LONGEST_LOG = 64 * 1024;

/**
 * The telling lines of a log, and its last one, in their order. The last attempt counts, so the end of a log is kept rather than
 * its beginning.
 */
export function worthKeeping(log: unknown): string {
  if (typeof log !== 'string' || log === '') return '';
  const lines = log.slice(-LONGEST_LOG).trimEnd().split('\n');
  const ending = lines.pop() ?? '';
  const telling = lines.filter((line) => TELLING.test(line));
  // All of a short log that tells something in each line, as that of a restore does.
  if (telling.length === lines.length && telling.length <= FIRST && log.length <= LONGEST_LINE) return log.trimEnd();
  const kept = telling.length <= FIRST + LAST ? telling : [...telling.slice(0, FIRST), ...telling.slice(-LAST)];
  const last = ending.slice(0, LONGEST_LINE);
  // Lines that are joined make a text of their own; a single one is a part of the log still.
  return kept.length === 0 ? copied(last) : [...kept.map((line) => line.slice(0, LONGEST_LINE)), last].join('\n');
}
