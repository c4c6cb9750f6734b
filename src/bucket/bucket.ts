/** What is backed up: the names on the first two levels of the bucket, and the contents of single repositories. */
import { eachBounded } from '../bounded.ts';
import type { Marker, MarkerLook } from '../bucket-marker.ts';
import type { ClaimRef, LockObject, NamespaceListing, Probe, RootListing, SnapshotObject } from '../model.ts';
import { BUCKET_FOLDER, RECORDS_FOLDER, claimOfRecord, isNamespaceName } from '../naming.ts';
import { openClient } from './client.ts';
import type { RecordStore } from './records.ts';
import type { BucketOptions, ListPage } from './requests.ts';
import { isOwnName, isRepository, isShardOfData } from './depth.ts';
import { listAll, type ListedObject, type Listing } from './listing.ts';
import { isSnapshotId } from '../restic/ids.ts';

export interface Bucket {
  /** Lists the root and then each namespace in parallel: 1 + N requests. Never rejects. */
  listRepositories: (signal: AbortSignal) => Promise<RootListing>;
  /** Lists one repository's `snapshots/`, and also its `locks/` if the decision depends on them. Never rejects. */
  probe: (
    ref: ClaimRef,
    withLocks: (snapshots: readonly SnapshotObject[]) => boolean,
    signal: AbortSignal,
  ) => Promise<Probe>;
  /** The same for any folder below the prefix. Never rejects. */
  probePath: (
    path: string,
    withLocks: (snapshots: readonly SnapshotObject[]) => boolean,
    signal: AbortSignal,
  ) => Promise<Probe>;
  /** Lists the root only, for a check-up. Never rejects. */
  look: (signal: AbortSignal) => Promise<RootListing>;
  /**
   * Writes the marker that identifies this bucket, so that it is recognised when it is
   * empty. Returns the problem as text when the write is refused. Never rejects.
   */
  mark: (marker: Marker, signal: AbortSignal) => Promise<string | null>;
  /** Reads it. Never rejects. */
  readMarker: (signal: AbortSignal) => Promise<MarkerLook>;
  /** The claims that have a record, by one listing; null = it failed. Never rejects. */
  listRecords: (signal: AbortSignal) => Promise<ClaimRef[] | null>;
  /** resolves when the first connection is open: from then on the processor is free for other work */
  underWay: Promise<void>;
  /** what is remembered of claims */
  records: RecordStore;
  /** the server's clock minus ours in milliseconds, by its last answer; null before the first one */
  clockSkew: () => number | null;
  close: () => void;
}

/** Opens the bucket; nothing is sent before the first listing. */
export function openBucket(options: BucketOptions & { prefix: string }): Bucket {
  const { promise: underWay, resolve } = Promise.withResolvers<void>();
  const { listPage, mark, readMarker, records, clockSkew, close } = openClient(options, resolve);
  return {
    ...bucketOver(listPage, options),
    mark: (marker, signal) => mark(options.prefix, marker, signal),
    readMarker: (signal) => readMarker(options.prefix, signal),
    records: records(options.prefix),
    underWay,
    clockSkew,
    close,
  };
}

/** The same with any page reader, so that tests can pass broken pages. */
export function bucketOver(
  listPage: ListPage,
  options: { prefix: string; concurrency: number },
): Omit<Bucket, 'close' | 'underWay' | 'mark' | 'readMarker' | 'records' | 'clockSkew'> {
  const { prefix, concurrency } = options;

  async function look(signal: AbortSignal): Promise<RootListing> {
    const root = await listAll(listPage, { prefix, delimited: true }, signal);
    if (root.state === 'unknown') return root;
    const namespaces = new Map<string, NamespaceListing>();
    const strangers: string[] = [];
    for (const folder of root.folders) {
      if (isNamespaceName(folder)) namespaces.set(folder, { state: 'listed', claims: new Set() });
      else if (folder !== BUCKET_FOLDER) strangers.push(`${folder}/`);
    }
    const misplaced = isRepository(root) ? [''] : [];
    for (const object of root.objects) {
      if (object.name !== '' && !(misplaced.length > 0 && object.name === 'config')) strangers.push(object.name);
    }
    return { state: 'listed', namespaces, strangers, misplaced, marked: root.folders.includes(BUCKET_FOLDER) };
  }

  async function listRepositories(signal: AbortSignal): Promise<RootListing> {
    const root = await look(signal);
    if (root.state !== 'listed') return root;
    const namespaces = new Map<string, NamespaceListing>();
    const misplaced = [...root.misplaced];
    await eachBounded(root.namespaces.keys(), concurrency, async (namespace) => {
      const level = await listAll(listPage, { prefix: `${prefix}${namespace}/`, delimited: true }, signal);
      if (level.state === 'listed' && isRepository(level)) misplaced.push(namespace);
      namespaces.set(namespace, level.state === 'listed' ? await claimsOf(namespace, level, root, signal) : level);
    });
    return { ...root, namespaces, misplaced: misplaced.sort() };
  }

  /** The names below a namespace. A repository's own folders count only if they are repositories themselves. */
  async function claimsOf(
    namespace: string,
    level: Listing,
    root: { misplaced: readonly string[] },
    signal: AbortSignal,
  ): Promise<NamespaceListing> {
    const names = level.folders.filter((name) => name !== '');
    if (root.misplaced.includes('') && isOwnName(namespace))
      return { state: 'listed', claims: new Set(names.filter((name) => !isShardOfData(name))) };
    if (!isRepository(level)) return { state: 'listed', claims: new Set(names) };
    const claims = new Set(names.filter((name) => !isOwnName(name)));
    for (const claim of names.filter(isOwnName)) {
      const found = await probe({ namespace, claim }, () => false, signal);
      if (found.state === 'unknown') return found;
      if (found.snapshots.length > 0) claims.add(claim);
    }
    return { state: 'listed', claims };
  }

  const probe: Bucket['probe'] = (ref, withLocks, signal) =>
    probeFolder(listPage, `${prefix}${ref.namespace}/${ref.claim}/`, withLocks, signal);

  const probePath: Bucket['probePath'] = (path, withLocks, signal) =>
    probeFolder(listPage, `${prefix}${path}/`, withLocks, signal);

  async function listRecords(signal: AbortSignal): Promise<ClaimRef[] | null> {
    const found = await listAll(listPage, { prefix: prefix + RECORDS_FOLDER, delimited: false }, signal);
    return found.state === 'unknown' ? null : found.objects.flatMap(({ name }) => claimOfRecord(name) ?? []);
  }

  return { look, listRepositories, probe, probePath, listRecords };
}

/** Looks into the repository in one folder, which ends with a slash or is the whole bucket. Never rejects. */
export async function probeFolder(
  listPage: ListPage,
  folder: string,
  withLocks: (snapshots: readonly SnapshotObject[]) => boolean,
  signal: AbortSignal,
): Promise<Probe> {
  const snapshots = await listAll(listPage, { prefix: `${folder}snapshots/`, delimited: false }, signal);
  if (snapshots.state === 'unknown') return snapshots;
  const found = snapshots.objects.flatMap(snapshotOf);
  if (!withLocks(found)) return { state: 'listed', snapshots: found, locks: null };
  const locks = await listAll(listPage, { prefix: `${folder}locks/`, delimited: false }, signal);
  if (locks.state === 'unknown') return locks;
  return { state: 'listed', snapshots: found, locks: locks.objects.flatMap(lockOf) };
}

/** restic ignores every name that is not 64 hex digits. Some servers also list directory markers, of size 0. */
function snapshotOf(object: ListedObject): SnapshotObject[] {
  return isSnapshotId(object.name) && object.size > 0 ? [{ id: object.name, at: object.at }] : [];
}

function lockOf(object: ListedObject): LockObject[] {
  return isSnapshotId(object.name) ? [{ name: object.name, at: object.at }] : [];
}
