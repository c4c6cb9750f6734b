/** What the cluster holds, in one view: seven lists in parallel, then the few credentials that the decision needs. */
import { eachBounded } from '../bounded.ts';
import pLimit from 'p-limit';
import type { IndexShard } from '../index-model.ts';
import type { Claim, ClaimRef, ClusterView, Destination, Instant, OtherClaim, Source } from '../model.ts';
import type { SecretRef } from '../secret-place.ts';
import type { S3Keys } from '../restic/credential-keys.ts';
import { moverKey } from '../model.ts';
import { PRODUCT, sourceName } from '../naming.ts';
import { connect, type Connection, type ConnectionOptions } from './connection.ts';
import { credentialStore, parseBaseMeta } from './credentials.ts';
import { parseDestination } from './destination.ts';
import { parseIndexShard } from './index-object.ts';
import { lookUp, type Lookups } from './look-up.ts';
import { LISTS, listAll, secretsList, type ListDefinition } from './lists.ts';
import { parseClaim, parseImage, parseMover, parseNamespace, parseOtherClaim } from './parse.ts';
import { parseSource } from './source.ts';
import { podUsersOver } from './pods.ts';
import { isGated } from './policies.ts';
import { secretPlaces } from './secret-places.ts';
import { writer, type Publisher, type Writer } from './write.ts';
import { indexView, isUnreadable } from '../index/view.ts';
import type { ClusterResource } from '../failures.ts';

const LISTS_AT_ONCE = 3;

export interface Cluster {
  /** Lists everything. Never rejects: a list that failed is in `failures`, and its part of the view is empty. */
  observe: (signal: AbortSignal) => Promise<ClusterView>;
  /** Reads single objects into the view; of credentials it compares without showing. Never rejects. */
  lookUp: (view: ClusterView, wanted: Lookups, signal: AbortSignal) => Promise<ClusterView>;
  /** Reads the places that these Secrets name into the view, each Secret at most once. Never rejects. */
  readPlaces: (view: ClusterView, wanted: readonly SecretRef[], signal: AbortSignal) => Promise<ClusterView>;
  /** the S3 keys of a Secret whose place was read; null when it has none */
  keysOf: (ref: SecretRef) => S3Keys | null;
  write: Writer;
  publish: Publisher;
  /** the time by the API server's clock, going by its last answer; null before the first one */
  serverNow: () => Instant | null;
  connection: Connection;
}

/** Connects; nothing is sent before the first list. @throws KubeError when there is nothing to connect to */
export async function openCluster(
  options: Omit<ConnectionOptions, 'userAgent'> & { credentialsSecret: string; version: string },
): Promise<Cluster> {
  const connection = await connect({ ...options, userAgent: `${PRODUCT}/${options.version}` });
  return clusterOver(connection, options);
}

function clusterOver(connection: Connection, options: { credentialsSecret: string; concurrency: number }): Cluster {
  const credentials = credentialStore(connection, options.credentialsSecret);
  const secrets = secretPlaces(connection);
  const parseBase = parseBaseMeta(options.credentialsSecret);

  async function observe(signal: AbortSignal): Promise<ClusterView> {
    // A page is 4 MB of text and five times as much when parsed. All seven lists at once would hold seven pages.
    const lane = pLimit(LISTS_AT_ONCE);
    const list = <T>(
      resource: ClusterResource,
      definition: ListDefinition,
      parse: (object: unknown) => T | null,
    ): ReturnType<typeof listAll<T>> => lane(() => listAll(connection, resource, { definition, parse }, signal));
    const [destinations, sources, claims, images, namespaces, bases, movers] = await Promise.all([
      // The index objects are of the same kind, so they need no request of their own.
      list('replicationdestinations', LISTS.replicationdestinations, parseDestinationOrIndex),
      list('replicationsources', LISTS.replicationsources, parseSource),
      list('persistentvolumeclaims', LISTS.persistentvolumeclaims, parseEitherClaim),
      list('volumesnapshots', LISTS.volumesnapshots, parseImage),
      list('namespaces', LISTS.namespaces, parseNamespace),
      list('secrets', secretsList(options.credentialsSecret), parseBase),
      list('jobs', LISTS.jobs, parseMover),
    ]);
    const named = destinations.items?.flatMap(({ destination }) => destination ?? []) ?? [];
    const keyOf = sharedKeys();
    const allSources = sourcesByClaim(sources.items ?? [], keyOf);
    const index = indexView(destinations.items?.flatMap(({ shard }) => shard ?? []) ?? [], keyOf);
    const lost = destinations.items !== null && isUnreadable(index) && (await isGated(connection, signal));
    const lists = [namespaces, bases, claims, destinations, sources, images, movers];
    return {
      namespaces: keyed(namespaces.items, (one) => one.name),
      baseCredentials: new Map(bases.items?.map((one) => [one.namespace, { version: one.version, content: null }])),
      repositoryCredentials: new Map(),
      claims: keyed(claims.items?.flatMap(({ claim }) => claim ?? []) ?? null, keyOf),
      otherClaims: keyed(claims.items?.flatMap(({ other }) => other ?? []) ?? null, keyOf),
      destinations: keyed(
        named.filter(({ claim }) => claim !== ''),
        keyOf,
      ),
      otherDestinations: named.filter(({ claim }) => claim === ''),
      index: { ...index, lost },
      sources: decidingSources(allSources),
      allSources,
      places: index.places,
      volumes: new Map(),
      podUsers: new Map(),
      images: keyed(images.items, (one) => [one.namespace, one.name].join('/')),
      movers: keyed(movers.items, (one) => moverKey(one.owner, one.namespace, one.ownerName)),
      failures: lists.flatMap((list) => list.failure ?? []),
    };
  }

  async function readPlaces(
    view: ClusterView,
    wanted: readonly SecretRef[],
    signal: AbortSignal,
  ): Promise<ClusterView> {
    const places = new Map(view.places);
    await eachBounded(wanted, options.concurrency, async (ref) => {
      places.set(`${ref.namespace}/${ref.secret}`, await secrets.placeOf(ref, signal));
    });
    return { ...view, places };
  }

  function serverNow(): Instant | null {
    const skew = connection.clockSkew();
    return skew === null ? null : Date.now() + skew;
  }

  const looking = { connection, credentials, podUsers: podUsersOver(connection), concurrency: options.concurrency };
  return {
    observe,
    lookUp: (view, wanted, signal) => lookUp(looking, view, wanted, signal),
    readPlaces,
    keysOf: secrets.keysOf,
    serverNow,
    ...writer(connection, credentials),
    connection,
  };
}

function parseDestinationOrIndex(
  object: unknown,
): { destination: Destination; shard?: never } | { shard: IndexShard; destination?: never } | null {
  const destination = parseDestination(object);
  if (destination !== null) return { destination };
  const shard = parseIndexShard(object);
  return shard && { shard };
}

function keyed<T>(items: readonly T[] | null, key: (item: T) => string): Map<string, T> {
  const found = new Map<string, T>();
  for (const item of items ?? []) found.set(key(item), item);
  return found;
}

/** Makes the keys of claims: one text for all maps, since each of ten thousand claims is in five of them. */
function sharedKeys(): (ref: ClaimRef) => string {
  const known = new Map<string, Map<string, string>>();
  return ({ namespace, claim }) => {
    let keys = known.get(namespace);
    if (keys === undefined) known.set(namespace, (keys = new Map()));
    let key = keys.get(claim);
    // Joined, and not put together: the text that is looked up then is no text of two parts.
    if (key === undefined) keys.set(claim, (key = [namespace, claim].join('/')));
    return key;
  };
}

function parseEitherClaim(
  object: unknown,
): { claim: Claim; other?: never } | { other: OtherClaim; claim?: never } | null {
  const claim = parseClaim(object);
  if (claim !== null) return { claim };
  const other = parseOtherClaim(object);
  return other && { other };
}

function sourcesByClaim(sources: readonly Source[], keyOf: (ref: ClaimRef) => string): Map<string, Source[]> {
  const found = new Map<string, Source[]>();
  for (const source of [...sources].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const key = keyOf(source);
    const others = found.get(key);
    // An array that grows has room for sixteen, and nearly all claims have one source.
    found.set(key, others === undefined ? [source] : [...others, source]);
  }
  return found;
}

/** The claim's own `<pvc>-backup` when there are several sources for it, else the first by name. */
function decidingSources(all: ReadonlyMap<string, readonly Source[]>): Map<string, Source> {
  const deciding = new Map<string, Source>();
  all.forEach((sources, key) => {
    const own = sources.length === 1 ? undefined : sources.find(({ name, claim }) => name === sourceName(claim));
    const source = own ?? sources[0];
    if (source !== undefined) deciding.set(key, source);
  });
  return deciding;
}
