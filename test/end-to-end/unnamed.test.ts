/** After a rebuild: what only the record of a claim remembers, because its repository lies at a place of its own. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { claim, namespace, repository } from '../../sandbox/story.ts';
import { recordBody } from '../../src/claim-record.ts';
import { NO_MOVER_SPEC } from '../../src/mover-spec.ts';
import { lines, startLab, words, type Lab } from '../support/lab.ts';

vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()));

const RUN = ['--quiet-period', '0s'];
const SAVED_AT = Date.parse('2025-03-01T10:00:00Z');

let lab: Lab;

/** A new cluster with the old bucket: the repository of media/plum is at `own/x91`, which only its Secret says. */
beforeEach(async () => {
  lab = await startLab();
  lab.sandbox.install('safe');
  lab.s3.put('.volsync-prewarm/bucket', '{}');
  const shape = { request: '1Gi', accessModes: [], storageClass: null, snapshotClass: null, volumeMode: 'Filesystem' };
  const plum = { namespace: 'media', claim: 'plum', uid: 'before', tier: 'daily' as const };
  const rest = { mover: NO_MOVER_SPEC, origin: null, ours: false, needs: null };
  const elsewhere = { id: 'abcdef01', at: SAVED_AT };
  lab.s3.put('.volsync-prewarm/claims/media/plum.json', recordBody({ ...plum, ...shape, ...rest, elsewhere }));
  lab.s3.put('.volsync-prewarm/claims/media/not a claim.json', 'garbage');
  repository(lab.s3, 'x91', ['saved']);
  lab.kube.apply(namespace('media'));
});

afterEach(() => lab[Symbol.asyncDispose]());

const labelled = (): void =>
  void lab.kube.apply(claim({ namespace: 'media', name: 'plum', labels: { backup: 'daily' } }));

function objects(): void {
  const values = {
    RESTIC_REPOSITORY: `s3:${lab.s3.endpoint}/volsync-backups/x91`,
    RESTIC_PASSWORD: 'fixture-password',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
  };
  const metadata = { namespace: 'media', name: 'plum' };
  lab.kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: values });
  lab.kube.apply({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata,
    spec: {
      sourcePVC: 'plum',
      trigger: { schedule: '0 0 1 1 *' },
      restic: { repository: 'plum', copyMethod: 'Snapshot', retain: { daily: 7 } },
    },
  });
}

test('repository-unnamed: the claim is refused until something names its repository, and then starts with its data', async () => {
  const [saved] = lab.s3.keys('x91/snapshots/');
  const first = await lab.run(RUN);
  expect(lines(first.report)).toEqual(['media/plum unknown cold repository-unnamed: -']);
  expect(words(first.findings)).toContain('repository-unnamed media/plum');
  expect(lab.index()['media.plum']).toBe('refuse cold:repository-unnamed abcdef01 2025-03-01T10:00:00.000Z');
  expect(labelled).toThrow(/repository-unnamed/);

  await lab.run(RUN);
  expect(lab.index()['media.plum']).toBe('refuse cold:repository-unnamed abcdef01 2025-03-01T10:00:00.000Z');
  expect(lines((await lab.status()).report)).toEqual(['media/plum unknown cold repository-unnamed: -']);

  objects();
  await lab.run(RUN);
  expect(lab.index()['media.plum']).toMatch(/^attach /);
  labelled();
  await lab.run(RUN);
  await lab.volsync.idle();
  expect(lab.volsync.contentOf('media', 'plum')).toBe(saved?.slice(-64));
});

test('repository-unnamed: given up by the command of the finding, a new claim starts empty', async () => {
  const { findings } = await lab.run(RUN);
  const { message = '' } = findings.find(({ reason }) => reason === 'repository-unnamed') ?? {};
  const [, time = ''] = /: volsync-prewarm run --accept-shrink (\S+)$/.exec(message) ?? [];
  await lab.run([...RUN, '--accept-shrink', time]);
  expect(lab.index()).not.toHaveProperty('media.plum');
  labelled();
  await lab.volsync.idle();
  expect(lab.volsync.contentOf('media', 'plum')).toBe(null);
});

test('records are looked for while no run has written the index, and never again', async () => {
  await lab.run(RUN);
  expect(lab.listings().filter((one) => one.startsWith('.volsync-prewarm/claims/'))).toHaveLength(1);
  lab.forget();
  await lab.run(RUN);
  expect(lab.listings().filter((one) => one.startsWith('.volsync-prewarm/claims/'))).toEqual([]);
});
