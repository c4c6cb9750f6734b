/** Single facts about a claim, for tests that take away or change one at a time. */
import type { ClaimRecord, RecordLook } from '../../src/claim-record.ts';
import type { IndexEntry } from '../../src/index-model.ts';
import { NO_MEMORY, type Memory } from '../../src/memory.ts';
import type { Mover } from '../../src/model.ts';
import { NO_MOVER_SPEC } from '../../src/mover-spec.ts';
import type { Repository } from '../../src/plan/facts/repositories.ts';
import type { Situation } from '../../src/plan/facts/situation.ts';
import type { Source } from '../../src/source.ts';
import { parseAddress } from '../../src/restic/address.ts';
import {
  BASE_VERSION,
  HOUR,
  IMAGE,
  NEWEST,
  NOW,
  PLACE,
  destination,
  indexOf,
  situation,
  source,
  type DestinationParts,
} from './build.ts';

/** A restore is under way, and all is well with it. */
export const RUNS = { state: 'syncing', since: NOW, trouble: null, betweenRetries: false, detail: '' } as const;

/** What could not be listed. */
export const UNREAD = { state: 'unknown', reason: 'listing-failed', message: '' } as const;

/** A repository at a place of which nobody knows how to reach it. */
export const OUT_OF_REACH: Repository = {
  where: { kind: 'out-of-reach', address: { backend: 'none', problem: 'empty' } },
  key: null,
  shown: 's3:http://x/b/p',
  secret: 'far',
  sources: ['far-a', 'far-b'],
  restored: false,
};

/**
 * A repository that a Secret names: with its own keys, or out of reach.
 * @param path in the listed bucket; null = in another one
 */
export function repository(text: string, more: Partial<Repository> = {}, path: string | null = null): Repository {
  const address = parseAddress(text);
  const where: Repository['where'] =
    address.backend === 's3' ? { kind: 'referenced', address, path } : { kind: 'out-of-reach', address };
  return { where, key: text, shown: text, secret: 'far', sources: [], restored: false, ...more };
}

/** The memory of a destination that is proven to hold the newest snapshot. */
export const VERIFIED: Memory = {
  ...NO_MEMORY,
  verified: { image: IMAGE, id: NEWEST, at: NOW - HOUR },
  provenImage: IMAGE,
  baseVersion: BASE_VERSION,
  restoreSize: 5 * 2 ** 30,
};

/** Our destination with that memory. */
export function ours(memory: Partial<Memory> = {}, parts: DestinationParts = {}): Situation['destination'] {
  return destination({ ...parts, memory: { ...VERIFIED, ...memory } });
}

/** What the index says of the claim. */
export function entry(text: string): IndexEntry | null {
  return situation({ index: indexOf({ 'media.plex-config': text }) }).indexed;
}

/** The index knows this snapshot as the newest. */
export function knownNewest(id: string, at: number | null): IndexEntry | null {
  return entry(`attach warm ${id} ${at === null ? '-' : new Date(at).toISOString()}`);
}

/** A source of the claim, and what its mover is about. */
export function writer(parts: Partial<Source> = {}, mover: Mover | null = null): Situation['writers'][number] {
  return { source: source(parts), mover };
}

/** What the bucket remembers of the claim, when somebody has read it. */
export function recorded(changes: Partial<ClaimRecord> = {}): RecordLook {
  const shape = { tier: 'hourly', request: null, accessModes: [], volumeMode: 'Filesystem' } as const;
  const classes = { storageClass: null, snapshotClass: null };
  const rest = { mover: NO_MOVER_SPEC, origin: null, ours: false, needs: null };
  return { state: 'read', etag: null, record: { ...PLACE, uid: 'x', ...shape, ...classes, ...rest, ...changes } };
}
