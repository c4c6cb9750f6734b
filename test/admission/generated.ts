/**
 * What Kyverno makes of a claim where it makes sources and credentials: an ordinary claim, one fact changed, and what comes of it.
 * A source is held to the one that the worker would make of the same claim with the same settings; only the minute is Kyverno's own.
 */
import {
  asInput,
  fieldsAt,
  mergePatch,
  same,
  text,
  type Fields,
  type ObjectInput,
} from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, repositoryCredentials, source } from '../../sandbox/story.ts';
import { parseClaim } from '../../src/cluster/parse.ts';
import { strings } from '../../src/cluster/read.ts';
import { sourceManifest } from '../../src/cluster/source.ts';
import { normalRetain } from '../../src/plan/backup/retention.ts';
import { wantedSource } from '../../src/plan/backup/wanted-source.ts';
import { parseSettings, type RawSettings } from '../../src/settings/settings.ts';
import { SETTINGS, environmentName } from '../../src/settings/table.ts';
import { situation } from '../support/build.ts';

const ENDPOINT = 'http://rustfs.example:9000';
const NAME = 'plex-config';

export interface GeneratedRow {
  name: string;
  /** changes of the ordinary claim, as a merge patch */
  claim?: Fields;
  /** default: one of its own */
  namespace?: string;
  /** what else is in its namespace; default: base credentials */
  beside?: (namespace: string) => ObjectInput[];
  /** what of the worker's ConfigMap is not as it ships; null = there is no ConfigMap */
  configured?: Record<string, string> | null;
  makes: 'as the worker' | 'nothing' | Fields;
}

/** Bound for good, as the API server's own controller says it. */
const BOUND = {
  metadata: { uid: 'uid-of-claim', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
  spec: { volumeName: 'pv-1' },
};

export function claimOf(row: GeneratedRow, namespace: string): ObjectInput {
  const plain = claim({ namespace, name: NAME, labels: { backup: 'hourly' } });
  return asInput(mergePatch(mergePatch(plain, BOUND), row.claim ?? {}));
}

export function besideOf(
  { beside = (where) => [baseCredentials(where, ENDPOINT)] }: GeneratedRow,
  namespace: string,
): ObjectInput[] {
  return beside(namespace);
}

const annotated = (key: string, value: string): Fields => ({ metadata: { annotations: { [key]: value } } });
const labelled = (backup: string | null, more: Fields = {}): Fields => ({ metadata: { labels: { backup, ...more } } });
const named = (name: string): Fields => ({ metadata: { name } });

/** Whose policy of the two makes no difference to these: there is nothing for anybody. */
const FOR_NOBODY: GeneratedRow[] = [
  { name: 'it has no label backup', claim: labelled(null), makes: 'nothing' },
  { name: 'it is labelled backup: weekly', claim: labelled('weekly'), makes: 'nothing' },
  { name: 'it is a block device', claim: { spec: { volumeMode: 'Block' } }, makes: 'nothing' },
  {
    name: 'VolSync made it, with the labels of the claim that it copies',
    claim: labelled('hourly', { 'app.kubernetes.io/created-by': 'volsync' }),
    makes: 'nothing',
  },
  {
    name: 'it has the name of a claim that VolSync makes for a mover',
    claim: named('volsync-plex-src'),
    makes: 'nothing',
  },
  { name: 'it has the name of a claim that VolSync fills', claim: named('vs-prime-1234'), makes: 'nothing' },
  { name: 'its namespace is excluded', namespace: 'kube-system', makes: 'nothing' },
];

export const SOURCE_ROWS: readonly GeneratedRow[] = [
  { name: 'an hourly claim', makes: 'as the worker' },
  { name: 'a daily claim', claim: labelled('daily'), makes: 'as the worker' },
  { name: 'a claim with a dot in its name', claim: named('plex.config'), makes: 'as the worker' },
  {
    name: 'its annotation names the user of its mover',
    claim: annotated('volsync-prewarm/mover', '568:569:570'),
    makes: 'as the worker',
  },
  { name: 'its annotation names no user', claim: annotated('volsync-prewarm/mover', 'plex'), makes: 'as the worker' },
  {
    name: 'the settings name a user',
    configured: { PREWARM_MOVER: '1000:1001:1002' },
    makes: 'as the worker',
  },
  {
    name: 'the settings name a user, and its annotation another',
    claim: annotated('volsync-prewarm/mover', '568:569:570'),
    configured: { PREWARM_MOVER: '1000:1001:1002' },
    makes: 'as the worker',
  },
  {
    name: 'the settings name classes and a larger cache',
    configured: {
      PREWARM_SNAPSHOT_CLASS: 'csi-snapshots',
      PREWARM_CACHE_STORAGE_CLASS: 'local',
      PREWARM_CACHE_CAPACITY: '4Gi',
    },
    makes: 'as the worker',
  },
  {
    name: 'its source is there already',
    beside: (where) => [source({ namespace: where, claim: NAME })],
    makes: 'as the worker',
  },
  {
    name: 'another claim has a source',
    beside: (where) => [source({ namespace: where, claim: 'other' })],
    makes: 'as the worker',
  },
  { name: 'its credentials are still to come', beside: () => [], makes: 'as the worker' },
  {
    name: 'it opted out of the restore',
    claim: labelled('hourly', { 'volsync-prewarm/skip-restore': 'true' }),
    makes: 'as the worker',
  },
  ...FOR_NOBODY,
  { name: 'it has no volume yet', claim: { spec: { volumeName: null } }, makes: 'nothing' },
  {
    name: 'it asks for a volume, and is not bound to it',
    claim: { metadata: { annotations: { 'pv.kubernetes.io/bind-completed': null } } },
    makes: 'nothing',
  },
  { name: 'it is being deleted', claim: { metadata: { deletionTimestamp: '2026-11-21T12:00:00Z' } }, makes: 'nothing' },
  {
    name: 'a source of any name backs it up',
    beside: (where) => [source({ namespace: where, claim: NAME, name: 'nightly' })],
    makes: 'nothing',
  },
];

/** The base credentials with some keys changed; an empty one is as good as none. */
const base =
  (overrides: Record<string, string>) =>
  (where: string): ObjectInput[] => [baseCredentials(where, ENDPOINT, overrides)];

export const CREDENTIAL_ROWS: readonly GeneratedRow[] = [
  { name: 'an hourly claim', makes: {} },
  { name: 'a daily claim', claim: labelled('daily'), makes: {} },
  { name: 'it is not bound yet', claim: { spec: { volumeName: null } }, makes: {} },
  {
    name: 'the base ends in a slash',
    beside: base({ RESTIC_REPOSITORY_BASE: `s3:${ENDPOINT}/volsync-backups/` }),
    makes: {},
  },
  {
    name: 'the base ends in a line break',
    beside: base({ RESTIC_REPOSITORY_BASE: `s3:${ENDPOINT}/volsync-backups/\n` }),
    makes: {},
  },
  {
    name: 'the base is in a folder of another server',
    beside: base({ RESTIC_REPOSITORY_BASE: 's3:https://s3.example.org/bucket/folder' }),
    makes: { RESTIC_REPOSITORY: `s3:https://s3.example.org/bucket/folder/NAMESPACE/${NAME}` },
  },
  {
    name: 'C20: the base says more',
    beside: base({ AWS_DEFAULT_REGION: 'eu-central-1', RESTIC_COMPRESSION: 'max' }),
    makes: { AWS_DEFAULT_REGION: 'eu-central-1', RESTIC_COMPRESSION: 'max' },
  },
  {
    name: 'the base has other keys than its Secret, and another password',
    beside: (where) => [
      ...base({ AWS_SECRET_ACCESS_KEY: 'newer', RESTIC_PASSWORD: 'another' })(where),
      repositoryCredentials({ namespace: where, claim: NAME }, ENDPOINT),
    ],
    makes: { AWS_SECRET_ACCESS_KEY: 'newer' },
  },
  ...FOR_NOBODY,
  { name: 'there are no base credentials', beside: () => [], makes: 'nothing' },
  { name: 'the base has no password', beside: base({ RESTIC_PASSWORD: '' }), makes: 'nothing' },
  {
    name: 'the base has RESTIC_REPOSITORY only',
    beside: base({ RESTIC_REPOSITORY_BASE: '', RESTIC_REPOSITORY: `s3:${ENDPOINT}/volsync-backups` }),
    makes: 'nothing',
  },
];

/** The worker's ConfigMap as far as it is about sources. */
export function configMap({ configured = {} }: GeneratedRow): ObjectInput[] {
  if (configured === null) return [];
  const shipped = SETTINGS.filter(({ flag }) => SHIPPED.has(flag)).map((one) => [
    environmentName(one.flag),
    one.default,
  ]);
  const data = { ...Object.fromEntries(shipped), ...configured };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'volsync-prewarm', namespace: 'volsync-system' }, data },
  ];
}

const SHIPPED = new Set<string>(['snapshot-class', 'cache-capacity', 'cache-storage-class', 'mover']);

/** What is wrong with what a policy for sources made of a row; null = nothing. */
export function problemOfSource(row: GeneratedRow, namespace: string, made: readonly ObjectInput[]): object | null {
  const asked = claimOf(row, namespace);
  const name = asked.metadata.name ?? '';
  const minute = /^(\d+) /.exec(text(made[0], 'spec.trigger.schedule') ?? '')?.[1] ?? '';
  const wanted = {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata: {
      name: `${name}-backup`,
      namespace,
      labels: { 'volsync-prewarm/adopt': 'true' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, uid: 'uid-of-claim' }],
    },
    spec: workersSpec(row, asked, minute),
  };
  const isSpread = Number(minute) >= 2 && Number(minute) <= 49;
  return verdict(row, made, wanted, isSpread ? null : `minute ${minute}`);
}

/** The same claim, as the worker would back it up. */
function workersSpec({ configured }: GeneratedRow, asked: ObjectInput, minute: string): Fields {
  const of = parseClaim(asked);
  if (of === null) return {};
  const raw: RawSettings = { endpoint: { value: ENDPOINT, from: 'test' } };
  for (const { flag } of SETTINGS) {
    const value = configured?.[environmentName(flag)];
    if (value !== undefined) raw[flag] = { value, from: 'test' };
  }
  const settings = parseSettings(raw);
  const retain = normalRetain(of.tier, settings);
  const facts = {
    ...situation({ claims: [of], sources: [], destinations: [] }),
    namespace: of.namespace,
    claim: of.claim,
  };
  const keeping = { retain, established: retain, why: null, atStake: null };
  const { spec } = sourceManifest(wantedSource(facts, settings, { claim: of, keeping, origin: null, ours: null }));
  const schedule = text(spec, 'trigger.schedule')?.replace(/^\d+/, minute);
  return { ...spec, trigger: { schedule } };
}

/** What is wrong with what a policy for credentials made of a row; null = nothing. */
export function problemOfCredentials(
  row: GeneratedRow,
  namespace: string,
  made: readonly ObjectInput[],
): object | null {
  const asked = claimOf(row, namespace);
  const ref = { namespace, claim: asked.metadata.name ?? '' };
  const changed = typeof row.makes === 'string' ? {} : row.makes;
  const told = Object.fromEntries(
    Object.entries(strings(changed)).map(([key, value]) => [key, value.replace('NAMESPACE', namespace)]),
  );
  const wanted = repositoryCredentials(ref, ENDPOINT, told);
  return verdict(row, made.map(stored), { ...wanted, metadata: { name: `${ref.claim}-volsync-secret`, namespace } });
}

/** As the API server keeps it. The place above all repositories is of no use to a mover, and does no harm. */
function stored(secret: ObjectInput): ObjectInput {
  const { stringData, ...rest } = secret;
  const encoded = Object.entries(strings(stringData)).map(
    ([key, value]) => [key, Buffer.from(value).toString('base64')] as const,
  );
  const data = { ...fieldsAt(secret, 'data'), ...Object.fromEntries(encoded) };
  const { RESTIC_REPOSITORY_BASE: _base, ...others } = data;
  return { ...rest, data: others };
}

function verdict(
  { name, makes }: GeneratedRow,
  made: readonly ObjectInput[],
  wanted: object,
  wrong: string | null = null,
): object | null {
  const shall = makes === 'nothing' ? [] : [wanted];
  return same(made, shall) && (makes === 'nothing' || wrong === null) ? null : { name, made, shall, wrong };
}
