/** Sources of two claims write into one repository: a restore of one could bring the data of the other, so neither is restored. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { claim, namespace, repository } from '../../sandbox/story.ts';
import { lines, startLab, words, type Lab } from '../support/lab.ts';

vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()));

const RUN = ['--quiet-period', '0s'];

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  lab.sandbox.install('safe');
  lab.kube.apply(namespace('media'));
});

afterEach(() => lab[Symbol.asyncDispose]());

/** Somebody's own source of a claim, with a Secret that names its repository; after its first backup none is due while the story is told. */
function backsUp(name: string, path: string): void {
  const metadata = { namespace: 'media', name };
  const stringData = {
    RESTIC_REPOSITORY: `s3:${lab.s3.endpoint}/volsync-backups/${path}`,
    RESTIC_PASSWORD: 'fixture-password',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
  };
  lab.kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData });
  lab.kube.apply({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationSource',
    metadata,
    spec: {
      sourcePVC: name,
      trigger: { schedule: '0 0 1 1 *' },
      restic: { repository: name, copyMethod: 'Snapshot', retain: { daily: 7 } },
    },
  });
}

function arrives(name: string): void {
  lab.kube.apply(claim({ namespace: 'media', name, labels: { backup: 'daily' } }));
}

test('repository-shared-by-claims: both claims are refused until each has a repository of its own, and then start with its data', async () => {
  const common = repository(lab.s3, 'common', ['of one of them']);
  backsUp('plum', 'common');
  backsUp('pear', 'common/');

  const shared = await lab.run(RUN);
  expect(lines(shared.report)).toEqual([
    'media/pear present cold repository-shared-by-claims: -',
    'media/plum present cold repository-shared-by-claims: -',
  ]);
  expect(words(shared.findings).filter((one) => one.startsWith('repository-shared'))).toEqual([
    'repository-shared-by-claims media/pear',
    'repository-shared-by-claims media/plum',
  ]);
  expect(shared.code).toBe(3);
  expect([lab.index()['media.pear'], lab.index()['media.plum']]).toEqual([
    expect.stringMatching(/^refuse cold:repository-shared-by-claims /),
    expect.stringMatching(/^refuse cold:repository-shared-by-claims /),
  ]);
  for (const name of ['plum', 'pear'])
    expect(() => {
      arrives(name);
    }).toThrow(/repository-shared-by-claims/);
  expect(lab.kube.list('ReplicationDestination', 'media')).toEqual([]);

  const ofPear = repository(lab.s3, 'of-pear', ['of pear']);
  backsUp('pear', 'of-pear');
  await lab.run(RUN);
  for (const name of ['plum', 'pear']) arrives(name);
  await lab.run(RUN);
  await lab.volsync.idle();
  expect(['plum', 'pear'].map((name) => lab.volsync.contentOf('media', name))).toEqual([...common, ...ofPear]);
});
