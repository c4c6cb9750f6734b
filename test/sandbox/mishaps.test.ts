import { afterEach, beforeEach, expect, test } from 'vitest';
import { at, text } from '../../sandbox/kube/objects.ts';
import { Mishaps } from '../../sandbox/mishaps.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { destination, namespace, repository, repositoryCredentials } from '../../sandbox/story.ts';

let box: Sandbox;
let mishaps: Mishaps;

beforeEach(async () => {
  box = await startSandbox({ moverMillis: 2, stepMillis: 1, retryMillis: 2 });
  mishaps = new Mishaps(box);
  box.kube.apply(namespace('media'));
  for (const name of ['a', 'b']) {
    box.kube.apply(repositoryCredentials({ namespace: 'media', claim: name }, box.s3.endpoint));
    repository(box.s3, `media/${name}`, ['one']);
  }
});

afterEach(() => box.stop());

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 5000 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(what()).toBe(true);
}

const restore = (name: string): void => void box.kube.apply(destination({ namespace: 'media', claim: name, tag: 'x' }));
const status = (name: string): unknown => box.kube.get('ReplicationDestination', 'media', `${name}-restore`)?.status;
const isDone = (name: string): boolean => text(status(name), 'lastManualSync') === 'x';

test.each([
  ['mover', () => Number(at(box.kube.get('Job', 'media', 'volsync-dst-a-restore'), 'status.failed') ?? 0) > 0],
  ['pending', () => at(box.kube.get('Job', 'media', 'volsync-dst-a-restore'), 'status.ready') === 0],
  ['s3', () => Number(at(box.kube.get('Job', 'media', 'volsync-dst-a-restore'), 'status.failed') ?? 0) > 0],
])('fail %s is seen at once, and heal makes it good', async (name, isSeen) => {
  expect(mishaps.obey(`fail ${name}`)).toMatch(new RegExp(`^${name}: `));
  restore('a');
  await until(isSeen);
  expect(mishaps.obey('heal')).toBe(`healed: ${name}`);
  await until(() => isDone('a'));
});

test('a mishap may be about one claim', async () => {
  mishaps.obey('fail snapshot media/a');
  restore('a');
  restore('b');
  await until(() => isDone('a') && isDone('b'));
  const ready = box.kube
    .list('VolumeSnapshot')
    .map(({ metadata, status }) => [metadata.name[8], status?.['readyToUse']]);
  expect(ready).toEqual([
    ['a', false],
    ['b', true],
  ]);
});

test('a killed mover leaves its lock, once', async () => {
  mishaps.obey('fail kill media/a');
  restore('a');
  await until(() => isDone('a'));
  expect(box.s3.keys('media/a/locks/')).toHaveLength(1);
});

test('the disk of the bucket goes and comes back as it was', () => {
  const before = box.s3.objects();
  mishaps.obey('fail s3-empty');
  expect(box.s3.keys()).toEqual([]);
  mishaps.obey('heal s3-empty');
  expect(box.s3.objects()).toEqual(before);
});

test('what is not known, or needs a claim, is told', () => {
  expect(mishaps.obey('fail nothing')).toMatch(/^no such mishap: nothing\n +s3 /);
  expect(mishaps.obey('fail lock')).toBe('lock needs a claim: fail lock <namespace>/<claim>');
  expect(mishaps.obey('heal')).toBe('nothing to heal');
  expect(mishaps.obey('?')).toMatch(/^fail NAME/);
});
