/** What a Secret proves: a password by a mover that has succeeded with it, and an image by the address that was asked for it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { at, text, type KubeObject } from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, namespace, repository } from '../../sandbox/story.ts';
import { startLab, words, type Lab } from '../support/lab.ts';

const RUN = ['--quiet-period', '0s', '--sources', 'off'];
const BUSY = 120_000;

let lab: Lab;
let newest: string;
/** milliseconds that the clock of the cluster is ahead */
let ahead = 0;
const MINUTE = 60_000;

beforeEach(async () => {
  ahead = 0;
  lab = await startLab({ clock: () => new Date(Date.now() + ahead) });
  lab.sandbox.install('safe');
  lab.kube.apply(namespace('media'));
  newest = repository(lab.s3, 'media/plex', ['first', 'second']).at(-1) ?? '';
});

afterEach(() => lab[Symbol.asyncDispose]());

function base(overrides: Record<string, string> = {}): KubeObject {
  return lab.kube.apply(baseCredentials('media', lab.s3.endpoint, overrides));
}

function secret(): KubeObject | undefined {
  return lab.kube.get('Secret', 'media', 'plex-volsync-secret');
}

function valueOf(key: string): string {
  return Buffer.from(secret()?.data?.[key] ?? '', 'base64').toString();
}

function proof(): unknown {
  const annotations: unknown = at(secret(), 'metadata.annotations');
  return typeof annotations === 'object' && annotations !== null && 'volsync-prewarm/password-proven' in annotations
    ? annotations['volsync-prewarm/password-proven']
    : undefined;
}

function annotate(kind: string, name: string, annotations: Record<string, string>): void {
  lab.kube.patch(kind, 'media', name, { metadata: { annotations } });
}

function arrive(size = '1Gi'): void {
  lab.kube.apply(claim({ namespace: 'media', name: 'plex', labels: { backup: 'hourly' }, size }));
}

function phase(): string | undefined {
  return text(lab.kube.get('PersistentVolumeClaim', 'media', 'plex'), 'status.phase');
}

function events(): string[] {
  return lab.kube.list('Event').flatMap((event) => (event['reason'] === undefined ? [] : [String(event['message'])]));
}

/** Nobody but the Secret itself shows a password. */
function expectNoPassword(...shown: unknown[]): void {
  const told = JSON.stringify([...shown, lab.kube.list('Event'), lab.destinations(), secret()?.metadata]);
  for (const password of ['a-typo', 'fixture-password', 'another-one']) {
    expect(told).not.toContain(password);
    expect(told).not.toContain(Buffer.from(password).toString('base64'));
  }
}

test(
  'L2: a rebuild with a typo in the password heals by itself once the base is corrected',
  async () => {
    await lab.run(RUN);
    arrive();
    base({ RESTIC_PASSWORD: 'a-typo' });
    const failed = await lab.run(RUN);
    expect([phase(), valueOf('RESTIC_PASSWORD'), proof()]).toEqual(['Pending', 'a-typo', undefined]);
    expect(words(failed.findings)).toContain('sync-failing media/plex');
    expect(failed.code).toBe(1);
    expect(events().find((one) => one.includes('waits for its backup in vain'))).toContain(
      'if RESTIC_PASSWORD in the Secret volsync-rustfs-base is wrong, correct it there',
    );

    base();
    const healed = await lab.run(RUN);
    await vi.waitFor(() => expect(phase()).toBe('Bound'), 10_000);
    expect(words(healed.findings).filter((one) => one.startsWith('password-changed'))).toEqual([]);
    expect([valueOf('RESTIC_PASSWORD'), lab.volsync.contentOf('media', 'plex')]).toEqual(['fixture-password', newest]);
    expectNoPassword(failed.report, failed.findings, failed.performed, healed.findings, healed.performed);
  },
  BUSY,
);

test(
  'L2: a password that a mover has succeeded with is kept, and said, until a person accepts the new one',
  async () => {
    base();
    const made = await lab.run(RUN);
    expect(made.performed.filter((one) => /credentials|password/.test(one))).toEqual([
      'create-credentials media/plex: done',
      'prove-password media/plex: done',
    ]);
    expect(proof()).toMatch(/^s1:[-0-9a-f]+:[0-9a-f]{64}$/);

    base({ RESTIC_PASSWORD: 'another-one', AWS_SESSION_TOKEN: 'renewed' });
    const changed = await lab.run(RUN);
    expect([valueOf('RESTIC_PASSWORD'), valueOf('AWS_SESSION_TOKEN')]).toEqual(['fixture-password', 'renewed']);
    expect([words(changed.findings), changed.code]).toEqual([['password-changed media/plex'], 3]);
    expect(proof()).toMatch(/^s1:/);

    // A digest that is somebody's invention proves nothing, and neither does an acceptance of something else.
    const said = changed.findings.find(({ reason }) => reason === 'password-changed')?.message ?? '';
    const [, name = '', accepted = ''] =
      /kubectl annotate -n media (\S+) volsync-prewarm\/accept=(\S+) --overwrite/.exec(said) ?? [];
    expect(name).toBe('replicationdestination/plex-restore');
    annotate('ReplicationDestination', 'plex-restore', { 'volsync-prewarm/accept': 'everything' });
    expect((await lab.run(RUN)).code).toBe(3);
    annotate('ReplicationDestination', 'plex-restore', { 'volsync-prewarm/accept': accepted });
    ahead += MINUTE;
    const followed = await lab.run(RUN);
    expect([valueOf('RESTIC_PASSWORD'), proof()]).toEqual(['another-one', undefined]);
    expect([words(followed.findings), followed.code]).toEqual([[], 0]);
    expectNoPassword(changed.report, changed.findings, changed.performed, followed.performed);
  },
  BUSY,
);

test(
  'L2: a Secret of version 0.1 counts as proven by the proof of its destination',
  async () => {
    base();
    await lab.run(RUN);
    lab.kube.patch('Secret', 'media', 'plex-volsync-secret', {
      metadata: { annotations: { 'volsync-prewarm/password-proven': null, 'volsync-prewarm/base-version': null } },
    });
    base({ RESTIC_PASSWORD: 'another-one' });
    const { findings, code } = await lab.run(RUN);
    expect([valueOf('RESTIC_PASSWORD'), words(findings), code]).toEqual([
      'fixture-password',
      ['password-changed media/plex'],
      3,
    ]);
  },
  BUSY,
);

test(
  'L2: a Secret that was made again after the proof is not proven by it',
  async () => {
    base();
    await lab.run(RUN);
    lab.kube.remove('Secret', 'media', 'plex-volsync-secret');
    // The sync was before: it says nothing of the Secret that is made now.
    ahead += MINUTE;
    base({ RESTIC_PASSWORD: 'a-typo' });
    await lab.run(RUN);
    expect([valueOf('RESTIC_PASSWORD'), proof()]).toEqual(['a-typo', undefined]);
    base();
    await lab.run(RUN);
    expect(valueOf('RESTIC_PASSWORD')).toBe('fixture-password');
  },
  BUSY,
);

function pointAt(path: string): void {
  const data = { RESTIC_REPOSITORY: Buffer.from(`s3:${lab.s3.endpoint}/volsync-backups/${path}`).toString('base64') };
  lab.kube.patch('Secret', 'media', 'plex-volsync-secret', { data });
}

function destination(): KubeObject | undefined {
  return lab.kube.get('ReplicationDestination', 'media', 'plex-restore');
}

test(
  'F9: a Secret of ours that names another repository is corrected before the next restore',
  async () => {
    base();
    await lab.run(RUN);
    repository(lab.s3, 'media/photos', ['theirs']);
    pointAt('media/photos');
    const [later = ''] = repository(lab.s3, 'media/plex', [{ seed: 'later', at: new Date() }]);
    const { performed } = await lab.run([...RUN, '--include-namespaces', 'media']);
    expect(performed.filter((one) => one.includes('media/plex'))).toEqual([
      // The Secret is changed after the index, and the request after that: until then the note holds VolSync back.
      'note-newest media/plex: done',
      'update-credentials media/plex: done',
      'retrigger media/plex: done',
      'record-proof media/plex: done',
    ]);
    const address = `s3:${lab.s3.endpoint.replace('http://', '')}/volsync-backups/media/plex`;
    expect(at(destination(), 'metadata.annotations')).toMatchObject({ 'volsync-prewarm/asked-address': address });
    expect(lab.volsync.holds(text(destination(), 'status.latestImage.name') ?? '')).toBe(later);
  },
  BUSY,
);

test(
  'F9: what was restored from another repository is suspect, never attached, and made again from the right one',
  async () => {
    base();
    await lab.run(RUN);
    repository(lab.s3, 'media/photos', ['theirs']);
    const [later = ''] = repository(lab.s3, 'media/plex', [{ seed: 'later', at: new Date() }]);
    // It is asked for rightly; then somebody writes into the Secret, and VolSync restores from there.
    lab.volsync.pause();
    let asked = false;
    await lab.run(RUN, { until: () => asked || ((asked = true), false) });
    pointAt('media/photos');
    lab.volsync.resume();
    await lab.volsync.idle();

    const seen = await lab.plan(...RUN);
    expect(seen.report.entries.find(({ claim: name }) => name === 'plex')?.restorePoint).toMatchObject({
      state: 'suspect',
      reason: 'image-foreign',
    });
    const marked = await lab.run(RUN, { until: (_, pass) => pass > 1 });
    expect(marked.performed.filter((one) => one.includes('media/plex'))).toEqual([
      'mark-suspect media/plex: done',
      'update-credentials media/plex: done',
      'recreate-destination media/plex: done',
    ]);
    arrive('10Gi');
    const healed = await lab.run(RUN);
    await vi.waitFor(() => expect(phase()).toBe('Bound'), 10_000);
    expect([lab.volsync.contentOf('media', 'plex'), healed.code]).toEqual([later, 0]);
  },
  BUSY,
);

test(
  'snapshot-unlisted: a snapshot that was forgotten since is no suspicion while the credentials are right',
  async () => {
    base();
    await lab.run(RUN);
    const [later = ''] = repository(lab.s3, 'media/plex', [{ seed: 'later', at: new Date() }]);
    lab.volsync.pause();
    let asked = false;
    await lab.run(RUN, { until: () => asked || ((asked = true), false) });
    lab.volsync.resume();
    await lab.volsync.idle();
    lab.s3.remove(`media/plex/snapshots/${later}`);
    const { report } = await lab.plan(...RUN);
    expect(report.entries[0]?.restorePoint).toMatchObject({ state: 'stale', reason: 'snapshot-unlisted' });
  },
  BUSY,
);
