/** All index objects together: what the last run that published knew. */
import type { IndexEntry, IndexShard, IndexView } from '../index-model.ts';
import type { ClaimRef } from '../model.ts';
import { INDEX_KEY, claimKey, claimOfIndexKey } from '../naming.ts';
import { parseReason } from '../reasons.ts';
import { parseTime } from '../time.ts';
import type { SecretPlace } from '../secret-place.ts';
import { parseIndexEntry } from './entry.ts';
import { parsePlace } from './places.ts';

/**
 * Joins the index objects. A value that cannot be read is ignored.
 * @param keyOf makes the keys of claims
 */
export function indexView(found: readonly IndexShard[], keyOf: (ref: ClaimRef) => string = claimKey): IndexView {
  const shards = found.toSorted((a, b) => a.number - b.number);
  const entries = new Map<string, IndexEntry>();
  const unknownNamespaces = new Set<string>();
  const places = new Map<string, SecretPlace>();
  for (const { parameters } of shards) {
    for (const [key, value] of Object.entries(parameters)) {
      if (key.startsWith(INDEX_KEY.unknown)) unknownNamespaces.add(key.slice(INDEX_KEY.unknown.length));
      const known = parsePlace(key, value);
      if (known !== null) places.set(known.key, known.place);
      const ref = claimOfIndexKey(key);
      const entry = ref === null ? null : parseIndexEntry(value);
      if (ref !== null && entry !== null) entries.set(keyOf(ref), entry);
    }
  }
  const times = shards.map(({ parameters }) => parseTime(parameters[INDEX_KEY.generatedAt]));
  const listedAt = times.filter((time) => time !== null);
  return {
    shards,
    entries,
    generatedAt: listedAt.length === times.length ? oldestOf(listedAt) : null,
    listedAt,
    since: parseTime(shards[0]?.parameters[INDEX_KEY.since]),
    places,
    unknownNamespaces,
    bucketUnmarked: shards.some(({ parameters }) => INDEX_KEY.bucketUnmarked in parameters),
    frozen: parseReason(shards[0]?.parameters[INDEX_KEY.frozen]),
    bucket: shards[0]?.parameters[INDEX_KEY.bucket] || null,
    marker: shards[0]?.parameters[INDEX_KEY.marker] || null,
    lost: false,
  };
}

function oldestOf(times: readonly number[]): number | null {
  return times.length === 0 ? null : Math.min(...times);
}

/** Whether the policies cannot read the index: the first object, or the label of one, is missing. */
export function isUnreadable({ shards }: Pick<IndexView, 'shards'>): boolean {
  return shards[0]?.number !== 0 || shards.some(({ selected }) => !selected);
}
