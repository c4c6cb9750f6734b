/** What people's hand-written set-ups are made of, and what is true of them: read from the buckets and the volumes alone. */
import { text, type Fields } from '../../../sandbox/kube/objects.ts';
import { repository, type SnapshotOptions } from '../../../sandbox/story.ts';
import type { Lab } from '../lab.ts';
import { untilBound } from '../git-world.ts';

/** One application: its namespace, and the name of its claim. */
export interface Ref {
  namespace: string;
  claim: string;
}

type Labels = Readonly<Record<string, string>>;

export const ADOPT: Labels = { 'volsync-prewarm/adopt': 'true' };
const BUCKET = 'volsync-backups';

/** Half a day from now: no backup is due meanwhile. */
const LATER = `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;

interface Named {
  name?: string;
  secret?: string;
  labels?: Labels;
  /** merged over the ordinary spec; null removes */
  spec?: Fields;
  restic?: Fields | null;
}

export class Stage {
  readonly lab: Lab;

  constructor(lab: Lab) {
    this.lab = lab;
  }

  namespace(name: string): void {
    const annotations = { 'volsync.backube/privileged-movers': 'true' };
    this.lab.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, annotations } });
  }

  /** `RESTIC_REPOSITORY` of a path in the bucket. */
  address(path: string): string {
    return `s3:${this.lab.s3.endpoint}/${BUCKET}/${path}`;
  }

  secret({ namespace }: Ref, name: string, values: Readonly<Record<string, string>>): void {
    const usual = {
      RESTIC_PASSWORD: 'fixture-password',
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    };
    const metadata = { namespace, name };
    this.lab.kube.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      type: 'Opaque',
      stringData: { ...usual, ...values },
    });
  }

  claim(
    { namespace, claim: name }: Ref,
    how: { labels?: Labels; from?: string | undefined; size?: string; spec?: Fields } = {},
  ): void {
    const { labels = {}, from, size = '2Gi', spec = {} } = how;
    const reference = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: from };
    this.lab.kube.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name, labels },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: size } },
        storageClassName: 'csi-hostpath-sc',
        ...(from !== undefined && { dataSourceRef: reference }),
        ...spec,
      },
    });
  }

  source({ namespace, claim }: Ref, how: Named & { schedule?: string } = {}): void {
    const { name = claim, secret = `${claim}-secret`, labels = {}, spec = {}, restic = {}, schedule = LATER } = how;
    const usual = { repository: secret, copyMethod: 'Snapshot', retain: { daily: 7 } };
    this.lab.kube.apply({
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationSource',
      metadata: { namespace, name, labels },
      spec: {
        sourcePVC: claim,
        trigger: { schedule },
        ...(restic !== null && { restic: { ...usual, ...restic } }),
        ...spec,
      },
    });
  }

  destination({ namespace, claim }: Ref, how: Named = {}): void {
    const { name = `${claim}-dst`, secret = `${claim}-secret`, labels = {}, spec = {}, restic = {} } = how;
    const usual = {
      repository: secret,
      copyMethod: 'Snapshot',
      capacity: '2Gi',
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'csi-hostpath-sc',
      volumeSnapshotClassName: 'csi-hostpath-snapclass',
    };
    this.lab.kube.apply({
      apiVersion: 'volsync.backube/v1alpha1',
      kind: 'ReplicationDestination',
      metadata: { namespace, name, labels },
      spec: {
        trigger: { manual: 'restore-once' },
        ...(restic !== null && { restic: { ...usual, ...restic } }),
        ...spec,
      },
    });
  }

  /** A repository that is there already. */
  stored(path: string, snapshots: (string | SnapshotOptions)[]): void {
    repository(this.lab.s3, path, snapshots);
  }

  /** The application writes. */
  async write(ref: Ref): Promise<void> {
    await untilBound(this.lab, ref);
    this.lab.volsync.write(ref.namespace, ref.claim);
  }

  /** The ids in the repository at a path, the newest first. */
  saved(path: string): string[] {
    const found = this.lab.s3.objects(`${path}/snapshots/`, BUCKET);
    return found.toSorted((a, b) => b.at.getTime() - a.at.getTime()).map(({ key }) => key.slice(-64));
  }

  /** Short id of what the image of a destination truly holds; null: nothing, or there is no image. */
  held(namespace: string, destination: string): string | null {
    const image = text(this.lab.kube.peek('ReplicationDestination', namespace, destination), 'status.latestImage.name');
    return image === undefined ? null : (this.lab.volsync.holds(image, namespace)?.slice(0, 8) ?? null);
  }

  phase({ namespace, claim }: Ref): string | null {
    const found = this.lab.kube.peek('PersistentVolumeClaim', namespace, claim);
    return found === undefined ? null : (text(found, 'status.phase') ?? 'Pending');
  }

  /** Base credentials in a namespace. */
  base(namespace: string): void {
    const values = { RESTIC_REPOSITORY_BASE: `s3:${this.lab.s3.endpoint}/${BUCKET}` };
    this.secret({ namespace, claim: '' }, 'volsync-rustfs-base', values);
  }

  /** The application writes, and its source saves it: a source that is made anew syncs at once. */
  async backUp(ref: Ref, source: string): Promise<void> {
    await this.write(ref);
    const { namespace } = ref;
    const made = this.lab.kube.get('ReplicationSource', namespace, source);
    if (made === undefined) throw new Error(`no source ${namespace}/${source}`);
    const { apiVersion, kind, spec } = made;
    const { labels = {} } = made.metadata;
    this.lab.kube.remove('ReplicationSource', namespace, source);
    this.lab.kube.apply({ apiVersion, kind, metadata: { namespace, name: source, labels }, spec });
    await this.quiet();
  }

  /** Nothing syncs any more, but for what never ends. */
  async quiet(): Promise<void> {
    await this.lab.volsync.idle();
  }

  async until(isSo: () => boolean): Promise<void> {
    const end = Date.now() + 20_000;
    while (!isSo()) {
      if (Date.now() > end) throw new Error('it does not come');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Until a source's mover has failed for good once. */
  async failing({ namespace, claim }: Ref): Promise<void> {
    const result = 'status.latestMoverStatus.result';
    await this.until(() => text(this.lab.kube.peek('ReplicationSource', namespace, claim), result) === 'Failed');
  }

  /** A destination as it is between two syncs. */
  settle(namespace: string, name: string): void {
    this.lab.kube.patchStatus('ReplicationDestination', namespace, name, { lastSyncStartTime: null });
    this.lab.kube.remove('Job', namespace, `volsync-dst-${name}`);
  }

  /** Short id of the newest snapshot at a path. */
  short(path: string): string {
    return this.saved(path)[0]?.slice(0, 8) ?? 'none';
  }
}
