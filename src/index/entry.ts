/** One entry of the index: its text, and the parser of that text. */
import type { Tries } from '../memory.ts';
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
  const said = [
    word,
    reason === null ? restorePoint : `${restorePoint}:${reason}`,
    id,
    at === null ? '-' : new Date(at).toISOString(),
    ...(repository === null ? [] : [`repo=${encodeURI(repository)}`]),
    ...(missed === null ? [] : [`missed=${missed.count}@${new Date(missed.at).toISOString()}`]),
    ...(tries === null ? [] : [`tries=${tries.count}@${new Date(tries.at).toISOString()}@${tries.inputs}`]),
    ...(origin === null ? [] : [`origin=${formatOrigin(origin).replaceAll(' ', ';')}`]),
    ...(keep === null ? [] : [`keep=${formatRetain(keep)}`]),
    ...(recorded === null ? [] : [`record=${recorded}`]),
  ];
  return bounded(said);
}

/** Another first word, restore point and reason before what the entry remembers. */
export function reworded(value: string, words: string): string {
  return bounded(value.replace(/^\S+ \S+/, words).split(' '));
}

/** The same entry, which remembers a record from now on. */
export function withRecord(value: string, recorded: string): string {
  return bounded([...value.split(' '), `record=${recorded}`]);
}

/** Bytes of one entry: 4,000 of them, and their keys twice, fit into one object. */
export const LONGEST_ENTRY = 256;

/**
 * What is left out of an entry that is too long, the first one first: tries begin anew, retention and record are written anew, an
 * address is read from its Secret again. What says how often a backup was missed, and how its claim began, always fits.
 */
const DISPENSABLE = ['tries=', 'keep=', 'record=', 'repo='] as const;

function bounded(words: readonly string[]): string {
  let left = words;
  for (const key of DISPENSABLE) {
    if (Buffer.byteLength(left.join(' ')) <= LONGEST_ENTRY) break;
    left = left.filter((word) => !word.startsWith(key));
  }
  return left.join(' ');
}

const ENTRY = /^(attach|refuse|ignore) ([a-z]+)(?::([a-z-]+))? ([0-9a-f]{8}) (\S+)((?: \S+)*)$/;
const WORDS: readonly string[] = ['attach', 'refuse', 'ignore'] satisfies IndexWord[];

/** One value of the index: `<word> <restore point>[:<reason>] <short id> <time>` and `key=value` words; null = garbage. */
export function parseIndexEntry(value: string): IndexEntry | null {
  const match = ENTRY.exec(value);
  const [, word, restorePoint = '', reason, id = '', time, extras = ''] = match ?? [];
  if (!isWord(word)) return null;
  const missed = / missed=([0-9]{1,3})@(\S+)/.exec(extras);
  return {
    word,
    restorePoint,
    reason: reason ?? null,
    id,
    at: parseTime(time),
    repository: repositoryIn(extras),
    missed: { count: Number(missed?.[1] ?? 0), at: parseTime(missed?.[2]) ?? 0 },
    tries: parseTries(extras),
    ...parseBackupWords(extras),
    value,
  };
}

/** What the backup side remembers. */
function parseBackupWords(extras: string): Pick<IndexEntry, 'origin' | 'keep' | 'recorded'> {
  return {
    origin: parseOrigin(/ origin=(\S+)/.exec(extras)?.[1]?.replaceAll(';', ' ')),
    keep: readRetain(/ keep=(\S+)/.exec(extras)?.[1] ?? ''),
    recorded: / record=([0-9a-f]{8})(?: |$)/.exec(extras)?.[1] ?? null,
  };
}

function parseTries(extras: string): Tries | null {
  const match = / tries=([1-9][0-9]{0,5})@([0-9TZ:.-]{20,30})@([0-9a-f]{8})(?: |$)/.exec(extras);
  const at = parseTime(match?.[2]);
  return match === null || at === null ? null : { count: Number(match[1]), at, inputs: match[3] ?? '', failed: 0 };
}

function repositoryIn(extras: string): string | null {
  const text = / repo=(\S{1,400})/.exec(extras)?.[1];
  if (text === undefined) return null;
  try {
    return decodeURI(text);
  } catch {
    return null;
  }
}

function isWord(word: string | undefined): word is IndexWord {
  return word !== undefined && WORDS.includes(word);
}
