/**
 * The index as objects: complete, in the order in which they must be written, and only those that change. An entry is in
 * its new object before it leaves the old one.
 */
import type { IndexWrite, PublishedIndex } from '../decisions.ts';
import { hash } from '../hash.ts';
import type { IndexShard, IndexView } from '../index-model.ts';
import { INDEX_KEY } from '../naming.ts';
import { parseTime } from '../time.ts';

/** Entries in one object. This many are about 470 KiB as a rule; etcd refuses 1.5 MiB. */
export const ENTRIES_IN_SHARD = 4000;
/** Bytes in one object, as entries of long names make them. Entries do not spread evenly: some objects have a tenth more. */
const BYTES_IN_SHARD = 600 * 1024;

/** What an entry adds to its object: its key stands twice, since managedFields repeats it, and so do quotation marks and commas. */
function bytesOf(key: string, value: string): number {
  return 2 * Buffer.byteLength(key) + Buffer.byteLength(value) + 16;
}

/** How many objects the entries need. */
function objectsFor(entries: ReadonlyMap<string, string>, perShard: number): number {
  let bytes = 0;
  entries.forEach((value, key) => (bytes += bytesOf(key, value)));
  return Math.max(Math.ceil(entries.size / perShard), Math.ceil(bytes / BYTES_IN_SHARD));
}

/**
 * The index objects that differ from what is wanted.
 * @param index null = nothing is to be published
 * @param view the objects as they were observed
 */
export function indexWrites(
  index: PublishedIndex | null,
  { shards }: Pick<IndexView, 'shards'>,
  perShard = ENTRIES_IN_SHARD,
): IndexWrite[] {
  if (index === null) return [];
  // An object that is no longer needed is kept empty and refreshed, because the policies treat one that is not refreshed as stale.
  const last = Math.max(objectsFor(index.entries, perShard) - 1, shards.at(-1)?.number ?? 0, 0);
  const placed = placedIn(index.entries, last + 1);
  const onStale = shards[0]?.parameters[INDEX_KEY.onStale];
  const writes: IndexWrite[] = [];
  for (let shard = last; shard >= 0; shard -= 1) {
    const before = shards.find(({ number }) => number === shard);
    // The installer decides on the first object how strict the policies are. The further objects repeat it.
    const repeated = shard > 0 && onStale !== undefined ? { [INDEX_KEY.onStale]: onStale } : {};
    const keys = placed[shard] ?? [];
    const about = { ...emptied(before, keys), ...index.about, ...repeated };
    if (before !== undefined && isFresh(before, about, { keys, entries: index.entries })) continue;
    const existing = before === undefined ? null : { uid: before.uid, resourceVersion: before.resourceVersion };
    const parameters: Record<string, string> = about;
    for (const key of keys) parameters[key] = index.entries.get(key) ?? '';
    writes.push({ shard, existing, parameters });
  }
  return writes;
}

/** The keys of the entries, by the number of their object. */
function placedIn(entries: ReadonlyMap<string, string>, count: number): string[][] {
  const placed: string[][] = Array.from({ length: count }, () => []);
  for (const key of entries.keys()) placed[shardFor(key, count)]?.push(key);
  return placed;
}

/** A key of somebody else is taken over with an empty value, which no policy obeys. The next write leaves it out. */
function emptied(before: IndexShard | undefined, wanted: readonly string[]): Record<string, string> {
  if (before === undefined || before.foreign.length === 0) return {};
  const ours = new Set(wanted);
  const foreign = before.foreign.filter((key) => !ours.has(key) && (before.number > 0 || key !== INDEX_KEY.onStale));
  return Object.fromEntries(foreign.map((key) => [key, '']));
}

/** Rendezvous hashing: when an object is added, entries only ever move into it, and it is the first to be written. */
function shardFor(key: string, count: number): number {
  if (count === 1) return 0;
  const before = hash(' ', hash(key));
  let [best, most] = [0, weight(before, 0)];
  for (let shard = 1; shard < count; shard += 1) {
    const one = weight(before, shard);
    if (one > most) [best, most] = [shard, one];
  }
  return best;
}

/** @param before the hash of the key and a space */
function weight(before: number, shard: number): number {
  // The last step of murmur, because FNV alone hardly depends on the last character.
  let value = hash(String(shard), before);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * So long an index object stands when nothing in it has changed but the time of its listing: three objects of 435 KiB at 10,000
 * claims are 370 MB of etcd writes a day. The policies call it stale after 20 minutes: two runs in a row may fail meanwhile.
 */
const REFRESHED_AFTER = 8 * 60_000;

/** Says the object what is wanted, of a listing that is not much older? Its entries are compared as they were read. */
function isFresh(
  { number, parameters }: IndexShard,
  about: Readonly<Record<string, string>>,
  { keys, entries }: { keys: readonly string[]; entries: ReadonlyMap<string, string> },
): boolean {
  const [before, now] = [parseTime(parameters[INDEX_KEY.generatedAt]), parseTime(about[INDEX_KEY.generatedAt])];
  if (before === null || now === null || now - before >= REFRESHED_AFTER) return false;
  const isKept = number === 0 && INDEX_KEY.onStale in parameters ? 1 : 0;
  return (
    Object.keys(parameters).length - isKept === Object.keys(about).length + keys.length &&
    Object.entries(about).every(([key, value]) => key === INDEX_KEY.generatedAt || parameters[key] === value) &&
    keys.every((key) => parameters[key] === entries.get(key))
  );
}

/** How many entries of each word an index object has, for the log. */
export function wordsIn({ parameters }: IndexWrite): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [key, value] of Object.entries(parameters)) {
    if (key.startsWith('_')) continue;
    const word = value.slice(0, value.indexOf(' '));
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}
