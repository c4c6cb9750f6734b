/** A scheduled run and one by hand at the same time. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { text } from '../../sandbox/kube/objects.ts';
import { hexId } from '../../sandbox/story.ts';
import { shardOf } from '../../src/naming.ts';
import { lines, ordinary, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

/** Every tag that any destination was ever asked for, by destination. */
function tagsOf(lab: Lab): { tags: Map<string, string[]>; syncs: () => number } {
  const tags = new Map<string, string[]>();
  let jobs = 0;
  lab.kube.onChange(({ type, object }) => {
    if (type === 'ADDED' && object.kind === 'Job') jobs += 1;
    const isRestorePoint = object.kind === 'ReplicationDestination' && shardOf(object.metadata.name) === null;
    if (!isRestorePoint || type === 'DELETED') return;
    const manual = text(object, 'spec.trigger.manual') ?? '';
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const known = tags.get(key) ?? [];
    if (known.at(-1) !== manual) tags.set(key, [...known, manual]);
  });
  return { tags, syncs: () => jobs };
}

test('two first runs at once: each destination is asked for once, and both end well', async () => {
  const newest = ['a', 'b', 'c', 'd', 'e'].map((name) => [name, ordinary(lab, name, 'data').at(-1)!] as const);
  const { tags, syncs } = tagsOf(lab);
  const [one, two] = await Promise.all([lab.run(), lab.run()]);
  expect([one.code, two.code]).toEqual([0, 0]);
  await lab.volsync.idle();
  expect(tags).toEqual(new Map(newest.map(([name, id]) => [`${name}/data-restore`, [id.slice(0, 8)]])));
  expect(syncs()).toBe(5);
  expect(lab.destinations()).toHaveLength(5);
  const { report } = await lab.plan();
  expect(lines(report)).toEqual(newest.map(([name]) => `${name}/data present warm -: -`));
});

test('two runs at once over a new snapshot: one re-trigger', async () => {
  ordinary(lab);
  await lab.run();
  const third = hexId('third');
  lab.s3.put(`media/plex-config/snapshots/${third}`, 'snapshot', { at: new Date('2025-03-01T12:00:00Z') });
  const { tags, syncs } = tagsOf(lab);
  const [one, two] = await Promise.all([lab.run(), lab.run()]);
  expect([one.code, two.code]).toEqual([0, 0]);
  await lab.volsync.idle();
  expect(tags.get('media/plex-config-restore')?.filter((tag) => tag === third.slice(0, 8))).toHaveLength(1);
  expect(syncs()).toBe(1);
  const retriggers = [...one.performed, ...two.performed].filter((line) => /^retrigger .*: done$/.test(line));
  expect(retriggers).toHaveLength(1);
});
