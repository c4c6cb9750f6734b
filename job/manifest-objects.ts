/** Sources, destinations and the names of Secrets in Git, beside the claims: what a claim of these files would meet. */
import { parseDestination } from '../src/cluster/destination.ts';
import { at, text } from '../src/cluster/read.ts';
import { parseSource } from '../src/cluster/source.ts';
import type { Claim, ClusterView, Destination, Source } from '../src/model.ts';
import { claimKey } from '../src/naming.ts';

export interface ManifestObjects {
  sources: readonly Source[];
  destinations: readonly Destination[];
  /** `<namespace>/<name>` of Secrets and of what makes one; values are not read */
  secrets: ReadonlySet<string>;
}

export const VOLSYNC_KINDS: readonly string[] = ['ReplicationSource', 'ReplicationDestination'];

/** What makes a Secret, by kind: its name is that of the object, or the one of its target. */
const SECRET_KINDS: readonly string[] = ['Secret', 'SealedSecret', 'ExternalSecret', 'VaultStaticSecret'];

/** Picks them out of all objects of the files. */
export function objectsOf(all: readonly { kind: string; object: unknown }[]): ManifestObjects {
  const ofKind = (kind: string): unknown[] => all.filter((one) => one.kind === kind).map(({ object }) => object);
  return {
    sources: ofKind('ReplicationSource').flatMap((object) => parseSource(object) ?? []),
    destinations: ofKind('ReplicationDestination').flatMap((object) => parseDestination(object) ?? []),
    secrets: new Set(all.filter(({ kind }) => SECRET_KINDS.includes(kind)).map(({ object }) => secretName(object))),
  };
}

function secretName(object: unknown): string {
  const { namespace, name } = at(object, 'metadata');
  const target = text(at(object, 'spec', 'target'), 'name') ?? text(at(object, 'spec', 'destination'), 'name');
  return `${String(namespace)}/${target ?? String(name)}`;
}

/** What was read beside claims, and what a reader of these files would overlook. */
export function remarksOn({ sources, destinations, secrets }: ManifestObjects, claims: readonly Claim[]): string[] {
  if (sources.length + destinations.length === 0) return [];
  const labelled = new Set(claims.map(claimKey));
  const unlabelled = sources.filter((source) => !labelled.has(claimKey(source)));
  const lacking = [
    ...sources.map(({ namespace, secret }) => `${namespace}/${secret}`),
    ...destinations.map(({ namespace, spec }) => `${namespace}/${spec.repository}`),
  ].filter((name) => !name.endsWith('/') && !secrets.has(name));
  const foreign = destinations.filter(({ managed, adopted, mover }) => !managed && !adopted && mover === 'restic');
  return [
    `read beside the claims: ${counted(sources.length, 'source')}, ${counted(destinations.length, 'destination')}, and the names of ${counted(secrets.size, 'Secret')}`,
    ...listed(
      'these claims have a source and no label backup: hourly or daily, so nobody restores them',
      unlabelled.map(claimKey),
    ),
    ...listed(
      'these destinations are not kept fresh: label them volsync-prewarm/adopt: "true"',
      foreign.map(({ namespace, name }) => `${namespace}/${name}`),
    ),
    ...listed(
      'these Secrets are named by a source or a destination, and something outside these files must make them',
      lacking,
    ),
  ];
}

const MOST_NAMED = 5;

function listed(what: string, names: readonly string[]): string[] {
  const all = [...new Set(names)].sort();
  const more = all.length > MOST_NAMED ? `, … (${all.length})` : '';
  return all.length === 0 ? [] : [`${what}: ${all.slice(0, MOST_NAMED).join(', ')}${more}`];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function named({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/** The cluster as it will be when these files are applied: what is there already has a status, and stays as it is. */
export function withObjects(view: ClusterView, { sources, destinations }: ManifestObjects): ClusterView {
  const there = new Set([...view.destinations.values(), ...view.otherDestinations].map(named));
  const fresh = destinations.filter((one) => !there.has(named(one)));
  const allSources = new Map(view.allSources);
  const deciding = new Map(view.sources);
  for (const source of sources) {
    const key = claimKey(source);
    const known = allSources.get(key) ?? [];
    if (known.some(({ name }) => name === source.name)) continue;
    allSources.set(key, [...known, source]);
    if (!deciding.has(key)) deciding.set(key, source);
  }
  return {
    ...view,
    destinations: new Map([
      ...view.destinations,
      ...fresh.filter(({ claim }) => claim !== '').map((one) => [claimKey(one), one] as const),
    ]),
    otherDestinations: [...view.otherDestinations, ...fresh.filter(({ claim }) => claim === '')],
    allSources,
    sources: deciding,
  };
}
