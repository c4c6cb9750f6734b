/** One entry of the index: its text, and the parser of that text. */
import type { RestorePointState } from '../decisions.ts';
import type { Missed, Tries } from '../memory.ts';
import type { IndexEntry } from '../index-model.ts';
import type { Instant } from '../model.ts';
import { formatOrigin, parseOrigin, type OriginMemory } from '../origin.ts';
import { formatRetain, readRetain, type Retain } from '../retain.ts';
import { parseTime } from '../time.ts';
import type { IndexWord } from '../reasons/consequences.ts';

/** What an entry says of one backup. */
interface EntryWords extends Pick<IndexEntry, 'word' | 'restorePoint' | 'reason' | 'id' | 'at' | 'repository'> {
  /** complete listings in a row that did not show it, and the start of the last one; null = it was seen */
  missed: { count: number; at: Instant } | null;
  /** restores that failed in a row, where no destination remembers them */
  tries: Tries | null;
  origin: OriginMemory | null;
  keep: Retain | null;
  recorded: string | null;
}

/** `<word> <restore point>[:<reason>] <short id> <time>`, then `key=value` words: at most 256 bytes. */
export function formatIndexEntry(words: EntryWords): string {
  const { word, restorePoint, reason, id, at, repository, missed, tries, origin, keep, recorded } = words;
  // One text that grows: most entries have one word behind the time, and ten thousand of them are made in each run.
  let said = `${word} ${reason === null ? restorePoint : `${restorePoint}:${reason}`} ${id} ${at === null ? '-' : iso(at)}`;
  if (repository !== null) said += ` repo=${encodeURI(repository)}`;
  if (missed !== null) said += ` missed=${missed.count}@${iso(missed.at)}`;
  if (tries !== null) said += ` tries=${tries.count}@${iso(tries.at)}@${tries.inputs}`;
  if (origin !== null) said += ` origin=${formatOrigin(origin).replaceAll(' ', ';')}`;
  if (keep !== null) said += ` keep=${formatRetain(keep)}`;
  if (recorded !== null) said += ` record=${recorded}`;
  return bounded(said);
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}

/** Another first word, restore point and reason before what the entry remembers. */
export function reworded(value: string, words: string): string {
  return bounded(value.replace(/^\S+ \S+/, words));
}

/** The same entry, which remembers a record from now on. */
export function withRecord(value: string, recorded: string): string {
  return bounded(`${value} record=${recorded}`);
}

/** Bytes of one entry: 4,000 of them, and their keys twice, fit into one object. */
export const LONGEST_ENTRY = 256;

/**
 * What is left out of an entry that is too long, the first one first: tries begin anew, retention and record are written anew, an
 * address is read from its Secret again. What says how often a backup was missed, and how its claim began, always fits.
 */
const DISPENSABLE = ['tries=', 'keep=', 'record=', 'repo='] as const;

function bounded(said: string): string {
  let left = said;
  for (const key of DISPENSABLE) {
    if (Buffer.byteLength(left) <= LONGEST_ENTRY) break;
    const words = left.split(' ');
    left = words.filter((word) => !word.startsWith(key)).join(' ');
  }
  return left;
}

const ENTRY = /^(attach|refuse|ignore) ([a-z]+)(?::([a-z-]+))? ([0-9a-f]{8}) (\S+)((?: \S+)*)$/;
const WORDS: readonly IndexWord[] = ['attach', 'refuse', 'ignore'];
/** One text for all entries that say so. */
const STATES: readonly RestorePointState[] = ['warm', 'stale', 'warming', 'cold', 'suspect', 'blocked'];

/** One value of the index: `<word> <restore point>[:<reason>] <short id> <time>` and `key=value` words; null = garbage. */
export function parseIndexEntry(value: string): IndexEntry | null {
  const match = ENTRY.exec(value);
  if (match === null) return null;
  const [, first = '', restorePoint = '', reason, id = '', time, extras = ''] = match;
  const word = WORDS.find((one) => one === first);
  if (word === undefined) return null;
  const { origin, keep, recorded } = parseBackupWords(extras);
  return {
    word,
    restorePoint: STATES.find((one) => one === restorePoint) ?? restorePoint,
    reason: reason ?? null,
    id,
    at: parseTime(time),
    repository: repositoryIn(extras),
    missed: missedIn(extras),
    tries: parseTries(extras),
    origin,
    keep,
    recorded,
    value,
  };
}

// Ten thousand entries are read in each run, and few of these words are in one of them: each is looked for before it is parsed.

/** What the backup side remembers. */
function parseBackupWords(extras: string): Pick<IndexEntry, 'origin' | 'keep' | 'recorded'> {
  return {
    origin: extras.includes(' origin=') ? parseOrigin(/ origin=(\S+)/.exec(extras)?.[1]?.replaceAll(';', ' ')) : null,
    keep: extras.includes(' keep=') ? readRetain(/ keep=(\S+)/.exec(extras)?.[1] ?? '') : null,
    recorded: / record=([0-9a-f]{8})(?: |$)/.exec(extras)?.[1] ?? null,
  };
}

const NEVER_MISSED: Missed = { count: 0, at: 0 };

function missedIn(extras: string): Missed {
  if (!extras.includes(' missed=')) return NEVER_MISSED;
  const missed = / missed=([0-9]{1,3})@(\S+)/.exec(extras);
  return { count: Number(missed?.[1] ?? 0), at: parseTime(missed?.[2]) ?? 0 };
}

function parseTries(extras: string): Tries | null {
  if (!extras.includes(' tries=')) return null;
  const match = / tries=([1-9][0-9]{0,5})@([0-9TZ:.-]{20,30})@([0-9a-f]{8})(?: |$)/.exec(extras);
  const at = parseTime(match?.[2]);
  return match === null || at === null ? null : { count: Number(match[1]), at, inputs: match[3] ?? '', failed: 0 };
}

function repositoryIn(extras: string): string | null {
  if (!extras.includes(' repo=')) return null;
  const text = / repo=(\S{1,400})/.exec(extras)?.[1];
  if (text === undefined) return null;
  try {
    return decodeURI(text);
  } catch {
    return null;
  }
}
