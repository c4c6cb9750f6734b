import { describe, expect, it } from 'vitest';
import { backupTag } from '../../../src/naming.ts';
import type { Source } from '../../../src/source.ts';
import {
  HOUR,
  MINUTE,
  NOW,
  actionsOf,
  bucketView,
  clusterView,
  source,
  told,
  unknownRoot,
  type World,
} from '../../support/build.ts';

const tag = (until: number): Partial<Source> => ({ manual: backupTag(until), managed: true });

function world(changes: Partial<Source>, more: Partial<World> = {}): World {
  return { cluster: clusterView({ sources: [source(changes)] }), ...more };
}

const releases = (of: World): number => actionsOf(of, 'release-source').length;

describe('the trigger of the command `backup`', () => {
  it('stays while somebody waits for a backup that has not ended, and nothing else is changed meanwhile', () => {
    const waited = world({ ...tag(NOW + MINUTE), schedule: '1 1 1 1 1' });
    expect([releases(waited), told(waited).actions.filter((one) => one.includes('source'))]).toEqual([0, []]);
  });

  it('stays up to three hours before its time, and while a backup runs that began with it', () => {
    const ended = { ...tag(NOW + MINUTE), lastManualSync: backupTag(NOW + MINUTE) };
    expect([
      releases(world(tag(NOW + 3 * HOUR))),
      releases(world(tag(NOW + 3 * HOUR + 1000))),
      releases(world({ ...ended, lastSyncStartAt: NOW })),
    ]).toEqual([0, 1, 0]);
  });

  it('is taken away from one of two sources', () => {
    const sources = [source(tag(NOW)), source({ name: 'other' })];
    expect(actionsOf({ cluster: clusterView({ sources }) }, 'release-source').map(({ of }) => of.name)).toEqual([
      'plex-config-backup',
    ]);
  });

  it('is taken away by one write that names the source, and no tag', () => {
    expect(actionsOf(world(tag(NOW)), 'release-source')).toEqual([
      {
        kind: 'release-source',
        namespace: 'media',
        claim: 'plex-config',
        of: { name: 'plex-config-backup', uid: 'uid-of-plex-config-backup', resourceVersion: '200' },
        tag: null,
      },
    ]);
  });

  it.each<[string, Partial<Source>]>([
    ['the backup has ended', { ...tag(NOW + MINUTE), lastManualSync: backupTag(NOW + MINUTE) }],
    ['the time is up: the command was killed', tag(NOW)],
    ['it says a time that nobody waits for', tag(NOW + 4 * HOUR)],
    ['the source is somebody else’s, and adopted', { ...tag(NOW), managed: false, adopted: true }],
  ])('is taken away when %s', (_, changes) => {
    expect(releases(world(changes))).toBe(1);
  });

  it.each<[string, World]>([
    ['without a schedule, since VolSync would sync without end', world({ ...tag(NOW), schedule: null })],
    ['of a source of somebody else that is not adopted', world({ ...tag(NOW), managed: false, adopted: false })],
    ['that is somebody’s own', world({ manual: 'now', managed: false, adopted: true })],
    ['while nothing may be written', world(tag(NOW), { bucket: bucketView({}, { root: unknownRoot() }) })],
  ])('is left: %s', (_, of) => {
    expect(releases(of)).toBe(0);
  });
});
