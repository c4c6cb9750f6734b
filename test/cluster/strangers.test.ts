import { expect, test } from 'vitest';
import { destination, source } from '../../sandbox/story.ts';
import { parseDestination } from '../../src/cluster/destination.ts';
import { parseIndexShard } from '../../src/cluster/index-object.ts';
import { parseSource } from '../../src/cluster/source.ts';

test('F22: the label of an index object, which anybody can set, hides no destination and makes no index object', () => {
  const labels = { 'volsync-prewarm/index': 'true' };
  const theirs = { metadata: { name: 'plex-restore', namespace: 'media', labels } };
  expect(parseDestination(theirs)).toMatchObject({ claim: 'plex', managed: false });
  expect(parseIndexShard({ metadata: { name: 'volsync-prewarm-index', namespace: 'media', labels } })).toBeNull();
  expect(parseIndexShard(theirs)).toBeNull();
});

test('F12: what others write is cut to what it can mean', () => {
  const long = 'x'.repeat(300_000);
  const parsed = parseDestination({
    metadata: {
      name: 'plex-restore',
      namespace: 'media',
      labels: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`label-${index}`, 'x'])),
      annotations: { 'volsync-prewarm/base-version': long, 'volsync-prewarm/unknown': long, other: long },
    },
    spec: { restic: { repository: long, storageClassName: long, accessModes: Array(5000).fill(long) } },
    status: {
      latestImage: { name: long, kind: long, apiGroup: long },
      latestMoverStatus: { logs: `${long}\n`.repeat(9) },
      conditions: [{ type: 'Synchronizing', reason: 'Error', message: long }],
    },
  });
  expect(JSON.stringify(parsed).length).toBeLessThan(20_000);
  expect(
    JSON.stringify(
      parseSource({ ...source({ namespace: 'media', claim: 'plex' }), status: { latestMoverStatus: { logs: long } } }),
    ).length,
  ).toBeLessThan(2000);
});

test.each<[string, string[], string[]]>([
  [
    'nothing else',
    ['a', 'restoring snapshot 0a1b2c3d of [/data]', 'b'],
    ['restoring snapshot 0a1b2c3d of [/data]', 'b'],
  ],
  [
    'the end, which tells how it went',
    ['snapshot 0a1b2c3d saved', '=== Done ==='],
    ['snapshot 0a1b2c3d saved', '=== Done ==='],
  ],
  [
    'of many attempts the first two and the last four',
    Array.from({ length: 9 }, (_, index) => `ERROR ${index}`),
    [0, 1, 4, 5, 6, 7, 8].map((index) => `ERROR ${index}`),
  ],
])('of a log are kept the lines that something is read from, and %s', (_, lines, kept) => {
  const status = { latestMoverStatus: { logs: lines.join('\n') } };
  const object = { ...destination({ namespace: 'media', claim: 'plex', tag: 'x' }), status };
  expect(parseDestination(object)?.moverLogs.split('\n')).toEqual(kept);
});
