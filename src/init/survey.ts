/** What a look at a cluster tells of the settings that fit it, each with where it was seen (pure). */
import type { Classes, VolumeClass } from '../cluster/checkup.ts';
import type { ClusterView } from '../model.ts';
import { claimKey } from '../naming.ts';
import { parseAddress, type S3Address } from '../restic/address.ts';
import { awsRegionOf } from '../restic/host.ts';
import type { Settings } from '../settings/settings.ts';
import type { SettingFlag } from '../settings/table.ts';

/** One setting for the overlay. */
export interface Proposal {
  flag: SettingFlag;
  value: string;
  /** where it was seen */
  seen: string;
}

export interface Survey {
  proposals: readonly Proposal[];
  /** what nobody but a person can tell, or what is wrong */
  open: readonly string[];
}

export interface Looked {
  view: ClusterView;
  classes: Classes;
  /** `RESTIC_REPOSITORY_BASE` of base credentials, by namespace */
  bases: ReadonlyMap<string, string>;
  settings: Settings;
}

/** Works out the settings. Secrets are believed before flags: a flag may name a port-forward, which nobody in the cluster knows. */
export function surveyOf(looked: Looked): Survey {
  const place = placeOf(looked);
  const classes = classesOf(looked);
  const { defaultCapacity } = looked.settings;
  return {
    proposals: [
      ...place.proposals,
      ...classes.proposals,
      {
        flag: 'default-capacity',
        value: defaultCapacity === '10Gi' || defaultCapacity === null ? 'none' : defaultCapacity,
        seen: 'a restore point of an assumed size could be too large for its claim',
      },
    ],
    open: [...place.open, ...classes.open],
  };
}

interface Named {
  address: S3Address;
  /** the folder above `<namespace>/<pvc>/`; null = the repository lies elsewhere */
  prefix: string | null;
  where: string;
}

function placeOf(looked: Looked): Survey {
  const named = [...fromBases(looked), ...fromSecrets(looked)];
  const { settings } = looked;
  const servers = Map.groupBy(named, ({ address }) => `${serverOf(address)} ${address.bucket}`);
  const [most, ...others] = [...servers.values()].sort((a, b) => b.length - a.length);
  const [first] = most ?? [];
  if (most === undefined || first === undefined)
    return {
      proposals: [
        { flag: 'bucket', value: settings.bucket, seen: 'your settings: no Secret in the cluster names a repository' },
        { flag: 'endpoint', value: settings.endpoint ?? '', seen: 'your settings' },
      ],
      open:
        settings.endpoint === null ? ['No Secret names an S3 server: check PREWARM_ENDPOINT and PREWARM_BUCKET.'] : [],
    };
  const { address, where } = first;
  const seen = `${where}${most.length > 1 ? ` and ${most.length - 1} more` : ''}`;
  const prefixes = Map.groupBy(
    most.filter(({ prefix }) => prefix !== null),
    ({ prefix }) => prefix ?? '',
  );
  const [prefix] = [...prefixes].sort(([, a], [, b]) => b.length - a.length)[0] ?? [settings.prefix];
  const elsewhere = most.filter((one) => one.prefix !== prefix).length;
  const further = [...new Set(others.flat().map((one) => one.address))]
    .filter((one) => serverOf(one) !== serverOf(address))
    .map(({ host }) => host);
  const hosts = [...new Set(further)].sort();
  return {
    proposals: [
      { flag: 'endpoint', value: serverOf(address), seen },
      { flag: 'bucket', value: address.bucket, seen },
      ...(prefix === '' ? [] : [{ flag: 'prefix' as const, value: prefix, seen }]),
      ...(hosts.length === 0
        ? []
        : [{ flag: 'allow-endpoints' as const, value: hosts.join(','), seen: 'Secrets that name further servers' }]),
    ],
    open:
      elsewhere === 0
        ? []
        : [
            `${elsewhere} repositories do not lie at ${prefix}<namespace>/<pvc>: they are read where their Secrets say.`,
          ],
  };
}

/** A URL as a setting takes it; empty for AWS itself. */
function serverOf({ scheme, host }: S3Address): string {
  if (awsRegionOf(host) !== null) return '';
  return `${scheme}://${host.replace(scheme === 'http' ? /:80$/ : /:443$/, '')}`;
}

function fromBases({ bases }: Looked): Named[] {
  return [...bases].flatMap(([namespace, base]) => {
    const address = parseAddress(base);
    if (address.backend !== 's3') return [];
    const prefix = address.path === '' ? '' : `${address.path}/`;
    return [{ address, prefix, where: `the base credentials of ${namespace}` }];
  });
}

function fromSecrets({ view: { allSources, destinations, otherDestinations, places } }: Looked): Named[] {
  const users = [
    ...[...allSources.values()].flat().map((one) => ({ ...one, key: claimKey(one), kind: 'source' })),
    ...[...destinations.values(), ...otherDestinations].map((one) => ({
      ...one,
      secret: one.spec.repository,
      key: one.claim === '' ? null : claimKey(one),
      kind: 'destination',
    })),
  ];
  return users.flatMap(({ namespace, name, secret, key, kind }) => {
    const place = places.get(`${namespace}/${secret}`);
    if (place?.state !== 'read' || place.address.backend !== 's3') return [];
    const { address } = place;
    const prefix = key !== null && address.path.endsWith(key) ? address.path.slice(0, -key.length) : null;
    return [{ address, prefix, where: `the Secret of ${kind} ${namespace}/${name}` }];
  });
}

function classesOf({ classes: { storage, snapshot }, view }: Looked): Survey {
  if (storage.state === 'unknown' || snapshot.state === 'unknown') {
    const why = storage.state === 'unknown' ? storage.message : snapshot.state === 'unknown' ? snapshot.message : '';
    return {
      proposals: [],
      open: [`The classes could not be listed (${why}): check PREWARM_STORAGE_CLASS and PREWARM_SNAPSHOT_CLASS.`],
    };
  }
  const used = mostUsed([...view.claims.values(), ...view.otherClaims.values()].map((one) => one.storageClass));
  const usual = storage.value.find(({ isDefault }) => isDefault);
  const chosen = storage.value.find(({ name }) => name === used) ?? usual;
  if (chosen === undefined)
    return { proposals: [], open: ['There is no StorageClass that a claim uses, and no default one.'] };
  const fitting = snapshot.value.filter(({ driver }) => driver === chosen.driver);
  const taken = fitting.find(({ isDefault }) => isDefault) ?? fitting[0];
  const isPlain = chosen === usual;
  return {
    proposals: [
      ...(isPlain ? [] : [{ flag: 'storage-class' as const, value: chosen.name, seen: 'the class of most claims' }]),
      ...snapshotProposal(taken, chosen),
    ],
    open:
      taken === undefined
        ? [
            `No VolumeSnapshotClass has the driver ${chosen.driver} of StorageClass ${chosen.name}: without one there are no restore points.`,
          ]
        : [],
  };
}

function snapshotProposal(taken: VolumeClass | undefined, { driver }: VolumeClass): Proposal[] {
  if (taken === undefined || taken.isDefault) return [];
  return [{ flag: 'snapshot-class', value: taken.name, seen: `the class with driver ${driver}` }];
}

function mostUsed(names: readonly (string | null)[]): string | null {
  const counts = Map.groupBy(
    names.filter((one): one is string => one !== null && one !== ''),
    (one) => one,
  );
  const [first] = [...counts].sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1));
  return first?.[0] ?? null;
}
