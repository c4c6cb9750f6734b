/** Plain Kubernetes objects → a ClusterView, by the parsers that the program itself uses. */
import { readFileSync, readdirSync } from 'node:fs';
import { load } from 'js-yaml';
import { parseDestination } from '../../src/cluster/destination.ts';
import { parseIndexShard } from '../../src/cluster/index-object.ts';
import { parseClaim, parseImage, parseMover, parseNamespace, parseOtherClaim } from '../../src/cluster/parse.ts';
import { parseSource } from '../../src/cluster/source.ts';
import { fieldsOf, listIn, metaOf, text } from '../../src/cluster/read.ts';
import type { BaseCredentials, ClusterView, Destination, Probe, RepositoryCredentials } from '../../src/model.ts';
import { claimKey } from '../../src/naming.ts';
import { clusterView, type ClusterParts } from './build.ts';
import { indexView } from '../../src/index/view.ts';
import { isSnapshotId } from '../../src/restic/ids.ts';

/** Every object of a folder's YAML files; lists are unfolded. */
export function objectsIn(folder: URL): unknown[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files.flatMap((name) => unfold(load(readFileSync(new URL(name, folder), 'utf8'))));
}

function unfold(document: unknown): readonly unknown[] {
  const fields = fieldsOf(document);
  return fields['kind'] === 'List' ? listIn(fields, 'items') : [document];
}

function isOf(kind: string): (object: unknown) => boolean {
  return (object) => fieldsOf(object)['kind'] === kind;
}

function parsed<T>(objects: readonly unknown[], kind: string, parseOne: (object: unknown) => T | null): T[] {
  return objects.filter(isOf(kind)).flatMap((object) => parseOne(object) ?? []);
}

/** Secrets are read as the program would have read them: names, missing keys and the repository's place. */
function basesIn(objects: readonly unknown[]): Record<string, BaseCredentials> {
  const secrets = objects.filter(isOf('Secret')).filter((object) => metaOf(object)?.name === 'volsync-rustfs-base');
  return Object.fromEntries(
    secrets.map((object): [string, BaseCredentials] => {
      const data = fieldsOf(fieldsOf(object)['stringData']);
      const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'RESTIC_PASSWORD', 'RESTIC_REPOSITORY_BASE'];
      const missing = keys.filter((key) => typeof data[key] !== 'string' || data[key] === '');
      const repositoryBase = text(data, 'RESTIC_REPOSITORY_BASE') ?? '';
      return [metaOf(object)?.namespace ?? '', { version: 'base-uid/7', content: { missing, repositoryBase } }];
    }),
  );
}

/** A repository Secret that is not among the objects was looked for and is absent. */
function credentialsIn(objects: readonly unknown[], keys: readonly string[]): Record<string, RepositoryCredentials> {
  const labels = new Map(
    objects.filter(isOf('Secret')).map((object) => {
      const meta = metaOf(object);
      return [`${meta?.namespace}/${meta?.name}`, meta?.labels['app.kubernetes.io/managed-by']];
    }),
  );
  return Object.fromEntries(
    keys.map((key): [string, RepositoryCredentials] => {
      const name = `${key}-volsync-secret`;
      if (!labels.has(name)) return [key, { state: 'absent' }];
      return [key, labels.get(name) === 'volsync-prewarm' ? { state: 'ours', differs: [] } : { state: 'foreign' }];
    }),
  );
}

export interface Read {
  /** repositories whose credentials are looked at */
  keys?: readonly string[];
  /** changes each destination after it was parsed */
  change?: (destination: Destination) => Destination;
}

export function viewOf(objects: readonly unknown[], { keys = [], change = (one) => one }: Read = {}): ClusterView {
  const parts: Required<Omit<ClusterParts, 'failures' | 'volumes' | 'podUsers' | 'strays'>> = {
    namespaces: parsed(objects, 'Namespace', parseNamespace),
    bases: basesIn(objects),
    credentials: credentialsIn(objects, keys),
    destinations: parsed(objects, 'ReplicationDestination', parseDestination)
      .filter(({ claim }) => claim !== '')
      .map(change),
    otherDestinations: parsed(objects, 'ReplicationDestination', parseDestination).filter(({ claim }) => claim === ''),
    otherClaims: parsed(objects, 'PersistentVolumeClaim', parseOtherClaim),
    places: {},
    sources: parsed(objects, 'ReplicationSource', parseSource),
    claims: parsed(objects, 'PersistentVolumeClaim', parseClaim),
    images: parsed(objects, 'VolumeSnapshot', parseImage),
    movers: parsed(objects, 'Job', parseMover),
    index: indexView(parsed(objects, 'ReplicationDestination', parseIndexShard)),
  };
  return clusterView(parts);
}

/** Object keys of a bucket → what a listing and a look into each repository show. */
export function repositoriesOf(keys: readonly { key: string; size: number; at: number }[]): Record<string, Probe> {
  const repositories = new Map<string, Extract<Probe, { state: 'listed' }>>();
  for (const { key, size, at } of keys) {
    const [namespace = '', claim = '', folder, name = ''] = key.split('/');
    const place = claimKey({ namespace, claim });
    const probe = repositories.get(place) ?? { state: 'listed', snapshots: [], locks: [] };
    repositories.set(place, probe);
    if (folder === 'snapshots' && isSnapshotId(name) && size > 0) probe.snapshots.push({ id: name, at });
    if (folder === 'locks' && isSnapshotId(name)) probe.locks?.push({ name, at });
  }
  return Object.fromEntries(repositories);
}
