/** k8s/base and its examples: the promises of the manifests, field by field. What the code sends is held against the same RBAC elsewhere. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rightsOf } from '../src/cluster/rights.ts';
import { parseDestination } from '../src/cluster/destination.ts';
import { parseIndexShard } from '../src/cluster/index-object.ts';
import { PRODUCT } from '../src/naming.ts';
import { SETTINGS, environmentName } from '../src/settings/table.ts';
import { only, readYaml, textOf } from './support/manifests.ts';

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  spec: object;
  /** of a ClusterRole */
  rules: { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];
  /** of a ConfigMap */
  data: Record<string, string>;
}

interface Kustomization {
  resources: string[];
}

const BASE = only(readYaml<Kustomization>('k8s/base/kustomization.yaml')).resources.flatMap((file) =>
  readYaml<Manifest>(join('k8s/base', file)),
);

function one(kind: string): Manifest {
  return only(
    BASE.filter((manifest) => manifest.kind === kind),
    kind,
  );
}

const INDEX = one('ReplicationDestination');

function rule(group: string, resource: string, verbs: string[]): object {
  return { apiGroups: [group], resources: [resource], verbs };
}

function defaultOf(flag: string): string {
  return only(
    SETTINGS.filter((setting) => setting.flag === flag),
    flag,
  ).default;
}

/** The words of an instruction in its JSON form. */
function words(dockerfile: string, instruction: RegExp): string[] {
  const list: string[] = JSON.parse(instruction.exec(dockerfile)?.[1] ?? '[]');
  return list;
}

describe('k8s/base as a whole', () => {
  test('holds every YAML file of its directory and nothing else', () => {
    const files = readdirSync(join(import.meta.dirname, '../k8s/base')).filter((file) => file !== 'kustomization.yaml');

    expect(only(readYaml('k8s/base/kustomization.yaml'))).toMatchObject({ resources: expect.arrayContaining(files) });
  });

  test('brings no Namespace, whose removal would take VolSync with it, and no Secret, which would overwrite real keys', () => {
    expect(BASE.map(({ kind }) => kind).toSorted()).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'CronJob',
      'ReplicationDestination',
      'ServiceAccount',
    ]);
  });

  test('calls everything by the name of the product, in VolSync’s namespace', () => {
    for (const { kind, metadata } of BASE.filter((manifest) => manifest !== INDEX)) {
      expect(metadata).toEqual(
        kind.startsWith('Cluster') ? { name: PRODUCT } : { name: PRODUCT, namespace: 'volsync-system' },
      );
    }
  });

  test('labels what it makes', () => {
    expect(only(readYaml('k8s/base/kustomization.yaml'))).toMatchObject({
      labels: [
        {
          pairs: { 'app.kubernetes.io/name': PRODUCT, 'app.kubernetes.io/part-of': PRODUCT },
          includeTemplates: true,
        },
      ],
    });
  });
});

describe('the CronJob', () => {
  const job = {
    activeDeadlineSeconds: 290,
    backoffLimit: 0,
    ttlSecondsAfterFinished: 3600,
    podFailurePolicy: {
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        { action: 'FailJob', onExitCodes: { containerName: PRODUCT, operator: 'In', values: [2] } },
      ],
    },
  };
  const pod = {
    serviceAccountName: PRODUCT,
    automountServiceAccountToken: true,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 20,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
  const { version }: { version: string } = JSON.parse(textOf('package.json'));
  const container = {
    name: PRODUCT,
    image: `${PRODUCT}:${version}`,
    imagePullPolicy: 'IfNotPresent',
    args: ['run'],
    envFrom: [{ configMapRef: { name: PRODUCT } }, { secretRef: { name: 'volsync-prewarm-bucket', optional: true } }],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
  };

  test('L7: starts every five minutes, one at a time, keeps the last three runs, and is locked down', () => {
    expect(one('CronJob').spec).toEqual({
      schedule: '*/5 * * * *',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 120,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: { spec: { ...job, template: { spec: { ...pod, containers: [container] } } } },
    });
  });

  test('is ended from outside only after --deadline, and both lie within one period', () => {
    const deadline = defaultOf('deadline');

    expect(deadline).toBe('4m30s');
    expect(job.activeDeadlineSeconds).toBeGreaterThan(4 * 60 + 30);
    expect(job.activeDeadlineSeconds).toBeLessThan(5 * 60);
  });

  test('leaves room beside the heap: the flags of the image and the memory limit go together, and the manifest names them', () => {
    const dockerfile = textOf('Dockerfile');
    const flags = words(dockerfile, /^ENTRYPOINT (\[.*\])$/m).filter((word) => word.startsWith('--'));
    expect(flags).toEqual([
      '--max-old-space-size=176',
      '--max-semi-space-size=4',
      '--min-semi-space-size=4',
      '--initial-old-space-size=48',
    ]);
    // The compile cache belongs to the flags that it was written with.
    expect(words(dockerfile, /^RUN (\["\/nodejs.*\])$/m)).toEqual(expect.arrayContaining(flags));
    const allocator = ['MALLOC_ARENA_MAX=1', 'MALLOC_MMAP_THRESHOLD_=32768', 'MALLOC_TRIM_THRESHOLD_=65536'];
    expect(dockerfile).toContain(`\nENV NODE_ENV=production ${allocator.join(' ')}\n`);
    const manifest = textOf('k8s/base/cronjob.yaml');
    for (const setting of [...flags, ...allocator]) expect(manifest).toContain(setting);
    // Measured: what is outside of the heap comes to 45 MiB.
    const [heap = NaN, limit = NaN] = [flags.join(), manifest.slice(manifest.indexOf('limits:'))].map((text) =>
      Number(/(?:max-old-space-size=|memory: )(\d+)/.exec(text)?.[1]),
    );
    expect(limit - heap).toBeGreaterThan(60);
  });
});

describe('the first index object', () => {
  test('is what the policies select, and VolSync leaves alone: an external provider, and no word but the installer’s', () => {
    expect(INDEX).toEqual({
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationDestination',
      metadata: {
        name: 'volsync-prewarm-index',
        namespace: 'volsync-system',
        labels: { 'volsync-prewarm/index': 'true', 'app.kubernetes.io/managed-by': PRODUCT },
      },
      spec: { external: { provider: 'volsync-prewarm/index', parameters: { _onStale: 'allow' } } },
    });
  });

  test('is read as the index, and never as a restore point', () => {
    expect(parseDestination(INDEX)).toBeNull();
    expect(parseIndexShard(INDEX)).toMatchObject({ number: 0, selected: true, parameters: { _onStale: 'allow' } });
  });
});

describe('the ServiceAccount', () => {
  test('hands out a token only to pods that ask', () => {
    expect(one('ServiceAccount')).toMatchObject({ automountServiceAccountToken: false });
  });

  test('is the one that the ClusterRole is bound to', () => {
    expect(one('ClusterRoleBinding')).toMatchObject({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: PRODUCT },
      subjects: [{ kind: 'ServiceAccount', name: PRODUCT, namespace: 'volsync-system' }],
    });
  });
});

describe('the ClusterRole', () => {
  test('is this list of rights and nothing more', () => {
    expect(one('ClusterRole').rules).toEqual([
      rule('', 'namespaces', ['list']),
      rule('', 'persistentvolumeclaims', ['list']),
      rule('', 'persistentvolumes', ['get']),
      rule('', 'pods', ['list']),
      { ...rule('', 'secrets', ['list']), resourceNames: ['volsync-rustfs-base'] },
      rule('', 'secrets', ['get', 'create', 'patch']),
      rule('', 'events', ['create', 'patch']),
      rule('volsync.backube', 'replicationdestinations', ['list', 'create', 'patch', 'delete']),
      rule('volsync.backube', 'replicationsources', ['list', 'create', 'patch', 'delete']),
      rule('snapshot.storage.k8s.io', 'volumesnapshots', ['list']),
      rule('batch', 'jobs', ['list']),
      {
        ...rule('admissionregistration.k8s.io', 'validatingadmissionpolicybindings', ['get']),
        resourceNames: ['volsync-prewarm-gate-index-missing'],
      },
    ]);
  });

  test('grants what `doctor` asks for, and asks for what it grants', () => {
    const asked = rightsOf(defaultOf('credentials-secret')).map(({ group, resource, verb, name }) =>
      [group, resource, verb, name ?? '*'].join(' '),
    );
    const granted = one('ClusterRole').rules.flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      verbs.map((verb) => [apiGroups[0], resources[0], verb, resourceNames?.[0] ?? '*'].join(' ')),
    );

    expect(new Set(granted)).toEqual(new Set(asked));
  });

  test('lists only the Secret that --credentials-secret names', () => {
    const name = defaultOf('credentials-secret');

    expect(one('ClusterRole').rules).toContainEqual({ ...rule('', 'secrets', ['list']), resourceNames: [name] });
  });

  test('says of every rule what it is for', () => {
    const rules = textOf('k8s/base/rbac.yaml').split('\nroleRef:')[0]!.split('\n  - apiGroups');

    for (const before of rules.slice(0, -1)) expect(before.split('\n').at(-1)).toMatch(/^ {2}# /);
  });
});

describe('the ConfigMap', () => {
  /** Decisions of one moment, shapes of one command's output, and parts that do not exist yet. */
  const LEFT_OUT = new Set(['prune', 'accept-shrink', 'output', 'manifests', 'kubeconfig', 'context']);
  const { data } = one('ConfigMap');

  test('spells out the default of every setting', () => {
    const defaults = SETTINGS.filter((setting) => !LEFT_OUT.has(setting.flag)).map((setting) => [
      environmentName(setting.flag),
      setting.default,
    ]);
    const given = Object.entries(data).filter(([name]) => name.startsWith('PREWARM_'));

    expect(Object.fromEntries(given)).toEqual(Object.fromEntries(defaults));
  });

  test('holds strings only, as a ConfigMap must', () => {
    expect(Object.values(data).filter((value) => typeof value !== 'string')).toEqual([]);
  });

  test('has no setting that deletes', () => {
    expect(Object.keys(data)).not.toContain('PREWARM_PRUNE');
    expect(Object.keys(data)).not.toContain('PREWARM_ACCEPT_SHRINK');
  });
});

const BASE_KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'RESTIC_PASSWORD', 'RESTIC_REPOSITORY_BASE'];

describe('the examples', () => {
  test('the bucket Secrets have the name and the keys that the CronJob reads', () => {
    const secret = only(readYaml<Manifest & { stringData: object }>('k8s/examples/bucket-secret.yaml'));
    const external = only(
      readYaml<{ spec: { data: { secretKey: string }[] } }>('k8s/examples/bucket-externalsecret.yaml'),
    );
    const metadata = { name: 'volsync-prewarm-bucket', namespace: 'volsync-system' };
    const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

    expect(secret).toMatchObject({ kind: 'Secret', metadata });
    expect(Object.keys(secret.stringData)).toEqual(keys);
    expect(external).toMatchObject({ kind: 'ExternalSecret', metadata, spec: { target: { name: metadata.name } } });
    expect(external.spec.data.map(({ secretKey }) => secretKey)).toEqual(keys);
  });

  test.each(['overlay/configmap.yaml', 'overlay/kustomization.yaml', 'private-ca/kustomization.yaml'])(
    '%s sets only settings that exist',
    (file) => {
      const known = new Set<string>(SETTINGS.map(({ flag }) => environmentName(flag)));
      const used = textOf(join('k8s/examples', file)).match(/PREWARM_[A-Z_]+/g) ?? [];

      expect(used.filter((name) => !known.has(name))).toEqual([]);
    },
  );

  test('build on the base and change what the base has', () => {
    for (const example of ['overlay', 'private-ca']) {
      expect(only(readYaml(`k8s/examples/${example}/kustomization.yaml`))).toMatchObject({
        resources: ['../../overlays/observe'],
      });
    }
    expect(only(readYaml('k8s/examples/overlay/kustomization.yaml'))).toMatchObject({ images: [{ name: PRODUCT }] });
    expect(only(readYaml('k8s/examples/overlay/configmap.yaml'))).toMatchObject({
      kind: 'ConfigMap',
      metadata: { name: PRODUCT, namespace: 'volsync-system' },
    });
  });

  test('the base credentials have the name and the keys that the worker reads', () => {
    const secret = only(readYaml<Manifest & { stringData: object }>('k8s/examples/base-secret.yaml'));
    const external = only(
      readYaml<{ spec: { externalSecretSpec: { target: { template: { data: object } } } } }>(
        'k8s/examples/base-clusterexternalsecret.yaml',
      ),
    );
    const name = SETTINGS.find(({ flag }) => flag === 'credentials-secret')?.default;

    expect(secret).toMatchObject({ kind: 'Secret', metadata: { name } });
    expect(Object.keys(secret.stringData)).toEqual(BASE_KEYS);
    expect(external).toMatchObject({
      kind: 'ClusterExternalSecret',
      spec: { externalSecretName: name, externalSecretSpec: { target: { name } } },
    });
    expect(Object.keys(external.spec.externalSecretSpec.target.template.data)).toEqual(BASE_KEYS);
  });

  test.each([
    ['longhorn', ['driver.longhorn.io']],
    ['ceph', ['rook-ceph.rbd.csi.ceph.com', 'rook-ceph.cephfs.csi.ceph.com']],
    ['openebs', ['zfs.csi.openebs.io', 'io.openebs.csi-mayastor']],
  ])('the snapshot classes of %s go away with their snapshots', (system, drivers) => {
    const classes = readYaml(`k8s/examples/volumesnapshotclass-${system}.yaml`);

    expect(classes).toEqual(
      drivers.map((driver) =>
        expect.objectContaining({ kind: 'VolumeSnapshotClass', driver, deletionPolicy: 'Delete' }),
      ),
    );
  });

  test('the snapshot class of Longhorn makes snapshots, not backups', () => {
    expect(only(readYaml('k8s/examples/volumesnapshotclass-longhorn.yaml'))).toMatchObject({
      parameters: { type: 'snap' },
    });
  });
});

describe('the Dockerfile', () => {
  const dockerfile = textOf('Dockerfile');
  const entrypoint = words(dockerfile, /^ENTRYPOINT (\[.*\])$/m);

  test('warms the cache with the flags that the program starts with', () => {
    const warm = words(dockerfile, /^RUN (\[.*warm-cache\.mjs.*\])$/m);

    expect(warm.slice(0, -2)).toEqual(entrypoint.slice(0, -1));
    expect(warm.slice(-2)).toEqual(['/warm/warm-cache.mjs', '/app']);
  });

  test('warms and runs on the same Node, as the same user', () => {
    const stages = [...dockerfile.matchAll(/^FROM (.+)$/gm)].map(([, stage]) => stage);

    expect(stages.slice(1)).toEqual([
      'gcr.io/distroless/nodejs24-debian13:nonroot AS runtime',
      'runtime AS warm',
      'runtime',
    ]);
    expect(dockerfile.match(/^USER .*$/gm)).toEqual(['USER 65532:65532']);
  });

  test('builds with the Node that the tests run on', () => {
    const lock: { packages: Record<string, { version: string }> } = JSON.parse(textOf('package-lock.json'));

    expect(dockerfile).toContain(`node:${lock.packages['node_modules/node']?.version}-`);
  });

  test('copies only what .dockerignore lets through', () => {
    const allowed = textOf('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
      sources!.split(' '),
    );

    expect(copied.map((source) => source.replace(/^\.\/(?=.)/, '')).toSorted()).toEqual(allowed.toSorted());
  });
});

describe('the workflow', () => {
  interface Workflow {
    permissions: object;
    concurrency: object;
    jobs: Record<string, { needs?: string[]; steps: { uses?: string }[]; 'timeout-minutes': number }>;
  }
  const workflow = only(readYaml<Workflow>('.github/workflows/ci.yaml'));

  test('may read the repository and nothing else, once per branch', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(workflow.concurrency).toMatchObject({ group: 'ci-${{ github.ref }}' });
  });

  test('ends in one job that waits for all others', () => {
    const others = Object.keys(workflow.jobs).filter((name) => name !== 'ci');

    expect(others).toEqual(['check', 'test', 'real', 'image', 'kind']);
    expect(workflow.jobs['ci']?.needs).toEqual(others);
  });

  test('names a version of every action, and a time limit of every job', () => {
    const jobs = Object.values(workflow.jobs);
    const actions = jobs.flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));

    expect(actions.filter((action) => !/@v[0-9]+(\.[0-9]+)*$/.test(action))).toEqual([]);
    expect(jobs.filter((job) => job['timeout-minutes'] === undefined)).toEqual([]);
  });
});
