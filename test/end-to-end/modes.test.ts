/** What --mode, --only and --adopt leave of a run: one stale claim of ours, one that is new, one of somebody else. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { destination, hexId, repositoryCredentials } from '../../sandbox/story.ts';
import { lines, ordinary, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let third: string;
let theirs: string;

beforeEach(async () => {
  lab = await startLab();
  ordinary(lab, 'media', 'plex-config');
  await lab.run();
  third = hexId('third');
  lab.s3.put(`media/plex-config/snapshots/${third}`, 'snapshot', { at: new Date('2025-03-01T12:00:00Z') });
  ordinary(lab, 'paperless', 'data');
  lab.kube.apply(repositoryCredentials({ namespace: 'paperless', claim: 'data' }, lab.s3.endpoint));
  lab.kube.apply(destination({ namespace: 'paperless', claim: 'data', tag: 'by-hand', labels: { team: 'blue' } }));
  await lab.volsync.idle();
  theirs = hexId('theirs');
  lab.s3.put(`paperless/data/snapshots/${theirs}`, 'snapshot', { at: new Date('2025-03-01T12:00:00Z') });
  ordinary(lab, 'home', 'hass');
  lab.forget();
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

const NEW = [
  'create-credentials home/hass: done',
  'create-destination home/hass: done',
  'record-proof home/hass: done',
  'prove-password home/hass: done',
];
const AGAIN = ['retrigger media/plex-config: done', 'record-proof media/plex-config: done'];

function tagOf(namespace: string, name: string): unknown {
  return lab.kube.get('ReplicationDestination', namespace, `${name}-restore`)?.spec?.['trigger'];
}

test('--mode sync does both and leaves what is not ours', async () => {
  const ran = await lab.run();
  expect(ran.code).toBe(0);
  expect(ran.performed.toSorted()).toEqual([...NEW, ...AGAIN].toSorted());
  expect(tagOf('paperless', 'data')).toEqual({ manual: 'by-hand' });
});

test('--mode report writes nothing and tells what it would do', async () => {
  const ran = await lab.run(['--mode', 'report']);
  expect(ran).toMatchObject({ code: 0, performed: [], passes: 1 });
  expect(lines(ran.report)).toEqual([
    'home/hass present cold queued: create-credentials create-destination',
    'media/plex-config present stale queued: retrigger',
    'paperless/data present blocked destination-foreign: -',
  ]);
  expect(lab.writes()).toEqual([]);
});

test('--mode create-only creates, and does not renew what exists', async () => {
  const ran = await lab.run(['--mode', 'create-only']);
  expect(ran.code).toBe(0);
  expect(ran.performed).toEqual(NEW);
  expect(ran.report.entries[1]?.restorePoint).toMatchObject({ state: 'stale', wave: null });
  expect(lab.destinations().map(({ metadata }) => metadata.namespace)).toEqual(['home', 'media', 'paperless']);
});

test('--only retrigger renews, and creates nothing', async () => {
  const ran = await lab.run(['--only', 'retrigger']);
  expect(ran.code).toBe(0);
  expect(ran.performed).toEqual(AGAIN);
  expect(tagOf('media', 'plex-config')).toEqual({ manual: third.slice(0, 8) });
  expect(lab.kube.list('Secret', 'home').map(({ metadata }) => metadata.name)).toEqual(['volsync-rustfs-base']);
});

test('--adopt renews the tag of a destination that carries the label, and beside it only our notes', async () => {
  const before = lab.kube.get('ReplicationDestination', 'paperless', 'data-restore')!;
  const ran = await lab.run(['--only', 'retrigger', '--adopt', 'team=blue'], { until: (_, pass) => pass === 2 });
  expect(ran.performed.toSorted()).toEqual([
    'record-proof paperless/data: done',
    'retrigger media/plex-config: done',
    'retrigger paperless/data: done',
  ]);
  const after = lab.kube.get('ReplicationDestination', 'paperless', 'data-restore')!;
  expect(after.spec).toEqual({ ...before.spec, trigger: { manual: theirs.slice(0, 8) } });
  const foreignNotes = Object.keys(after.metadata.annotations ?? {}).filter(
    (key) => !key.startsWith('volsync-prewarm/'),
  );
  expect([after.metadata.labels, foreignNotes]).toEqual([before.metadata.labels, []]);
});

test('--adopt with another label renews nothing of theirs', async () => {
  const ran = await lab.run(['--only', 'retrigger', '--adopt', 'team=red']);
  expect(ran.performed).toEqual(AGAIN);
  expect(tagOf('paperless', 'data')).toEqual({ manual: 'by-hand' });
});

test.each([
  ['--exclude-namespaces', 'home,media', 'namespace-excluded'],
  ['--include-namespaces', 'paper*', 'namespace-excluded'],
])('%s %s: they are reported and left alone', async (flag, value, reason) => {
  const ran = await lab.run([flag, value]);
  expect(ran).toMatchObject({ code: 0, performed: [] });
  expect(ran.report.entries.map(({ restorePoint }) => restorePoint.reason)).toEqual([
    reason,
    reason,
    'destination-foreign',
  ]);
  expect(lab.writes()).toEqual([]);
});

test('--max-syncing 1: the second one starts when the first is warm', async () => {
  lab.volsync.resetConcurrentMax();
  const plan = await lab.plan('--max-syncing', '1');
  expect(plan.report.entries.map(({ restorePoint }) => restorePoint.wave)).toEqual([2, 1, null]);
  const ran = await lab.run(['--max-syncing', '1']);
  // The proof of the first and the Secret of the second are written side by side.
  expect(ran.performed.toSorted()).toEqual([...AGAIN, ...NEW].toSorted());
  expect(lab.volsync.concurrentMax).toBe(1);
});
