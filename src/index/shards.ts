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
function bytesOf([key, value]: readonly [string, string]): number {
  return 2 * Buffer.byteLength(key) + Buffer.byteLength(value) + 16;
}

/** How many objects the entries need. */
function objectsFor(entries: ReadonlyMap<string, string>, perShard: number): number {
  let bytes = 0;
  for (const entry of entries) bytes += bytesOf(entry);
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
  const placed = Map.groupBy(index.entries, ([key]) => shardFor(key, last + 1));
  const onStale = shards[0]?.parameters[INDEX_KEY.onStale];
  const writes: IndexWrite[] = [];
  for (let shard = last; shard >= 0; shard -= 1) {
    const before = shards.find(({ number }) => number === shard);
    // The installer decides on the first object how strict the policies are. The further objects repeat it.
    const repeated = shard > 0 && onStale !== undefined ? { [INDEX_KEY.onStale]: onStale } : {};
    const wanted = { ...index.about, ...repeated, ...Object.fromEntries(placed.get(shard) ?? []) };
    const parameters = { ...emptied(before), ...wanted };
    const existing = before === undefined ? null : { uid: before.uid, resourceVersion: before.resourceVersion };
    if (before === undefined || !isFresh(before, parameters)) writes.push({ shard, existing, parameters });
  }
  return writes;
}

/** A key of somebody else is taken over with an empty value, which no policy obeys. The next write leaves it out. */
function emptied(before: IndexShard | undefined): Record<string, string> {
  const foreign = before?.foreign.filter((key) => before.number > 0 || key !== INDEX_KEY.onStale) ?? [];
  return Object.fromEntries(foreign.map((key) => [key, '']));
}

/** Rendezvous hashing: when an object is added, entries only ever move into it, and it is the first to be written. */
function shardFor(key: string, count: number): number {
  let best = 0;
  for (let shard = 1; shard < count; shard += 1) if (weight(key, shard) > weight(key, best)) best = shard;
  return best;
}

function weight(key: string, shard: number): number {
  // The last step of murmur, because FNV alone hardly depends on the last character.
  let value = hash(`${key} ${shard}`);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * So long an index object stands when nothing in it has changed but the time of its listing: three objects of 435 KiB at 10,000
 * claims are 370 MB of etcd writes a day. The policies call it stale after 20 minutes: two runs in a row may fail meanwhile.
 */
const REFRESHED_AFTER = 8 * 60_000;

/** Says the object what is wanted, of a listing that is not much older? */
function isFresh({ number, parameters }: IndexShard, wanted: Readonly<Record<string, string>>): boolean {
  const ours = Object.keys(parameters).filter((key) => number > 0 || key !== INDEX_KEY.onStale);
  const isSame =
    ours.length === Object.keys(wanted).length &&
    ours.every((key) => key === INDEX_KEY.generatedAt || parameters[key] === wanted[key]);
  const [before, now] = [parseTime(parameters[INDEX_KEY.generatedAt]), parseTime(wanted[INDEX_KEY.generatedAt])];
  return isSame && before !== null && now !== null && now - before < REFRESHED_AFTER;
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
