/** The manifests of the kind lane, which needs a container engine: what they name must be there and agree. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PRIVILEGED_MOVERS, destinationName, repositorySecretName, sourceName } from '../../src/naming.ts';
import { SETTINGS, environmentName } from '../../src/settings/table.ts';
import { only, readYaml, textOf } from '../support/manifests.ts';

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: object; annotations?: object };
  /** the fields of several kinds, each where its kind has it */
  spec: {
    dataSourceRef?: object;
    resources?: object;
    storageClassName?: string;
    restic: { repository: string };
    ports: { port: number }[];
    selector?: object;
  };
}

const HERE = 'test/kind';
const FILES = readdirSync(join(import.meta.dirname, 'manifests'));
const ALL = FILES.flatMap((file) => readYaml<Manifest>(join(HERE, 'manifests', file)));
const SCRIPTS = ['up.sh', 'run.sh', 'down.sh'].map((file) => textOf(join(HERE, file))).join('\n');
const SETTINGS_OVERLAY = only(
  readYaml<{ metadata: object; data: Record<string, string> }>(join(HERE, 'overlay/configmap.yaml')),
);

/** The claim stands in two files, the application's first and second day. */
const CLAIM = only(readYaml<Manifest>(join(HERE, 'manifests/claim.yaml')));
const RESTORED = only(readYaml<Manifest>(join(HERE, 'manifests/claim-restored.yaml')));

function named(kind: string, name: string): Manifest {
  return only(
    ALL.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name),
    `${kind} ${name}`,
  );
}

describe('manifests', () => {
  test('every file is used by a script, and every file that a script names exists', () => {
    const used = [...SCRIPTS.matchAll(/\$manifests\/([a-z0-9-]+\.yaml)/g)].map(([, file]) => file);

    expect(new Set(used)).toEqual(new Set(FILES));
  });

  test('every object has a known kind and lives in a namespace of the test', () => {
    const scopes = ALL.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.namespace ?? '-'}`);

    expect([...new Set(scopes)].toSorted()).toEqual([
      'apps/v1 Deployment prewarm-s3',
      'batch/v1 Job prewarm-test',
      'snapshot.storage.k8s.io/v1 VolumeSnapshotClass -',
      'storage.k8s.io/v1 StorageClass -',
      'v1 Namespace -',
      'v1 PersistentVolumeClaim prewarm-test',
      'v1 Service prewarm-s3',
      'volsync.backube/v1alpha1 ReplicationSource prewarm-test',
    ]);
  });

  test('every namespace that is used is made', () => {
    const made = ALL.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
    const used = ALL.flatMap(({ metadata }) => metadata.namespace ?? []);

    expect(new Set(used)).toEqual(new Set(made));
  });

  test('the namespace lets movers keep file owners', () => {
    expect(named('Namespace', 'prewarm-test').metadata.annotations).toEqual({ [PRIVILEGED_MOVERS]: 'true' });
  });

  test('no container image floats', () => {
    const images = ALL.flatMap((manifest) => JSON.stringify(manifest).match(/"image":"[^"]+"/g) ?? []);

    expect(images.length).toBeGreaterThan(0);
    for (const image of images) expect(image).toMatch(/:[0-9][^:]*"$/);
  });
});

describe('the claim', () => {
  test('comes back the same but for the reference to its destination', () => {
    const { dataSourceRef, ...spec } = RESTORED.spec;

    expect({ ...RESTORED, spec }).toEqual(CLAIM);
    expect(dataSourceRef).toEqual({
      apiGroup: 'volsync.backube',
      kind: 'ReplicationDestination',
      name: destinationName(CLAIM.metadata.name),
    });
  });

  test('is protected, and mounted by writer and reader', () => {
    expect(CLAIM.metadata.labels).toEqual({ backup: 'hourly' });
    for (const job of ['writer', 'reader']) {
      expect(named('Job', job).spec).toMatchObject({
        template: { spec: { volumes: [{ persistentVolumeClaim: { claimName: CLAIM.metadata.name } }] } },
      });
    }
  });

  test('is backed up by a source of its own name, with a Secret that is not ours to make', () => {
    const source = named('ReplicationSource', sourceName(CLAIM.metadata.name));
    const { repository } = source.spec.restic;

    expect(source.spec).toMatchObject({ sourcePVC: CLAIM.metadata.name, trigger: { manual: 'first' } });
    expect(repository).not.toBe(repositorySecretName(CLAIM.metadata.name));
    expect(SCRIPTS).toContain(`secret prewarm-test ${repository} `);
  });

  test('is as large as its restore point, or it would not fit', () => {
    expect(CLAIM.spec.resources).toEqual({
      requests: { storage: SETTINGS_OVERLAY.data['PREWARM_DEFAULT_CAPACITY'] },
    });
  });
});

describe('classes', () => {
  const storage = named('StorageClass', 'csi-hostpath-sc');
  const snapshots = named('VolumeSnapshotClass', 'csi-hostpath-snapclass');

  test('are of one driver', () => {
    expect(storage).toMatchObject({ provisioner: 'hostpath.csi.k8s.io' });
    expect(snapshots).toMatchObject({ driver: 'hostpath.csi.k8s.io', deletionPolicy: 'Delete' });
  });

  test('are the ones that claims, source and settings name', () => {
    for (const claim of ALL.filter(({ kind }) => kind === 'PersistentVolumeClaim')) {
      expect(claim.spec.storageClassName).toBe(storage.metadata.name);
    }
    expect(named('ReplicationSource', 'notes-backup').spec.restic).toMatchObject({
      storageClassName: storage.metadata.name,
      volumeSnapshotClassName: snapshots.metadata.name,
    });
    expect(SETTINGS_OVERLAY.data).toMatchObject({
      PREWARM_STORAGE_CLASS: storage.metadata.name,
      PREWARM_SNAPSHOT_CLASS: snapshots.metadata.name,
    });
  });
});

describe('the overlay', () => {
  test('is the shipped base, suspended, with other settings', () => {
    expect(only(readYaml(join(HERE, 'overlay/kustomization.yaml')))).toMatchObject({
      resources: ['../../../k8s/base'],
      patches: [{ path: 'configmap.yaml' }, { target: { kind: 'CronJob', name: 'volsync-prewarm' } }],
    });
    expect(SETTINGS_OVERLAY.metadata).toEqual({ name: 'volsync-prewarm', namespace: 'volsync-system' });
  });

  test('sets only settings that exist', () => {
    const known = new Set<string>(SETTINGS.map(({ flag }) => environmentName(flag)));

    expect(Object.keys(SETTINGS_OVERLAY.data).filter((name) => !known.has(name))).toEqual([]);
  });

  test('reaches the S3 server by the name of its Service', () => {
    const service = named('Service', 's3');
    const port = service.spec.ports[0]?.port;
    const url = `http://${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local:${port}`;

    expect(SETTINGS_OVERLAY.data).toMatchObject({ PREWARM_ENDPOINT: url, PREWARM_BUCKET: 'volsync-backups' });
    expect(SCRIPTS).toContain(`:=${url}}`);
    expect(named('Deployment', 'rustfs').spec).toMatchObject({
      template: { metadata: { labels: service.spec.selector } },
    });
  });
});
