/** Real objects of one moment each, read by the parsers and judged by the plan. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../src/cluster/destination.ts';
import { parseMover } from '../../src/cluster/parse.ts';
import { parseSource } from '../../src/cluster/source.ts';
import { at, fieldsOf, listIn, metaOf, text } from '../../src/cluster/read.ts';
import type { Destination } from '../../src/model.ts';
import {
  HOUR,
  MINUTE,
  bucketView,
  listed,
  namespace,
  planOf,
  toldAll,
  type Told,
  type World,
} from '../support/build.ts';
import { objectsIn, repositoriesOf, viewOf } from '../support/objects.ts';

const STATES = new URL('../fixtures/states/', import.meta.url);

function keysIn(folder: URL, time: number): Parameters<typeof repositoriesOf>[0] {
  const file = new URL('s3-keys.txt', folder);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return lines.map((line) => line.split(' ')).map(([key = '', size]) => ({ key, size: Number(size), at: time }));
}

/** The names of the recorded objects are not all of our form: `<name>` stands for `<name>-restore` here. */
function renamed(object: unknown): unknown {
  const rename = (name: string): string => (name.endsWith('-restore') ? name : `${name}-restore`);
  const [kind, meta, name] = [fieldsOf(object)['kind'], at(object, 'metadata'), metaOf(object)?.name ?? ''];
  if (kind === 'ReplicationDestination') return { ...fieldsOf(object), metadata: { ...meta, name: rename(name) } };
  if (kind !== 'Job' || !name.startsWith('volsync-dst-')) return object;
  const owners = listIn(meta, 'ownerReferences').map((one) => ({
    ...fieldsOf(one),
    name: rename(text(fieldsOf(one), 'name') ?? ''),
  }));
  return { ...fieldsOf(object), metadata: { ...meta, ownerReferences: owners } };
}

/** What the plan says of one recorded state when its destinations are ours. `after` = after the last sync began or ended. */
function judged(state: string, after = MINUTE, world: World = {}): Record<string, Told> {
  const folder = new URL(`${state}/`, STATES);
  const objects = objectsIn(folder).map(renamed);
  const ours = (one: Destination): Destination => ({ ...one, managed: true, manual: one.manual });
  const cluster = viewOf(objects, { change: ours });
  const destinations = [...cluster.destinations.values()];
  const now =
    Math.max(...destinations.map((one) => one.lastSyncStartAt ?? one.lastSyncAt ?? one.createdAt ?? 0)) + after;
  const names = new Set(destinations.map((one) => one.namespace));
  const repositories = repositoriesOf(keysIn(folder, now - HOUR));
  // The recorded destinations share few repositories: each gets the shared one under its own name.
  const shared = Object.values(repositories).find((one) => one.state === 'listed' && one.snapshots.length > 0);
  for (const one of destinations) repositories[`${one.namespace}/${one.claim}`] ??= shared ?? listed([]);
  const bases = [...names].map((name) => [name, { version: 'v', content: null }] as const);
  const result = planOf({
    now,
    bucket: bucketView(repositories),
    cluster: {
      ...cluster,
      namespaces: new Map([...names].map((name) => [name, namespace({ name })])),
      baseCredentials: new Map(bases),
    },
    ...world,
  });
  return toldAll(result);
}

describe('a recorded state', () => {
  it('B1: a first restore runs', () => {
    expect(judged('B1-restore-running', 2000)['demo/data']).toEqual({
      backup: 'present',
      restorePoint: 'warming: sync-in-progress',
      wave: null,
      actions: [],
    });
  });

  it('B3: it is done, and proven', () => {
    expect(judged('B3-restore-done')['demo/data']).toMatchObject({ backup: 'present', restorePoint: 'warm' });
    expect(judged('B3-restore-done')['demo/data']?.actions[0]).toBe('record-proof');
  });

  it('D1: an empty repository was restored: absent, suspect, and on its way out', () => {
    expect(judged('D1-empty-prefix')['demo/empty']).toMatchObject({
      restorePoint: 'suspect: image-empty',
      wave: null,
      actions: ['mark-suspect'],
    });
  });

  it('E1: a renewal runs; the old image stands', () => {
    expect(judged('E1-retrigger-running', 2000)['demo/data']).toEqual({
      backup: 'present',
      restorePoint: 'stale: sync-in-progress',
      wave: null,
      actions: [],
    });
  });

  it('G1: a mover that fails: sync-failing at once by its Job, not after 21 minutes', () => {
    expect(judged('G1', 30_000)['demo-unpriv/g1-nosc']).toMatchObject({ restorePoint: 'blocked: sync-failing' });
  });

  it('G2: after eight failed pods: sync-failing by its status', () => {
    expect(judged('G2-failed-after-8', 22 * MINUTE)['demo-unpriv/g1-nosc']).toMatchObject({
      restorePoint: 'blocked: sync-failing',
    });
  });

  it('J2: a Secret is missing: sync-failing once the Error has stood for a minute', () => {
    expect(judged('J2-no-secret', 2000)['demo-j/j2']?.restorePoint).toBe('warming: sync-in-progress');
    expect(judged('J2-no-secret', 2 * MINUTE)['demo-j/j2']?.restorePoint).toBe('blocked: sync-failing');
  });

  it("L3: a paused destination is only syncing, until it is stuck on nobody's fault", () => {
    expect(judged('L3-paused', 2000)['demo-l/paused']).toMatchObject({
      restorePoint: 'warming: sync-in-progress',
      actions: [],
    });
  });

  it('L4: an image that is a PersistentVolumeClaim', () => {
    expect(judged('L4-direct')['demo-l/direct']).toMatchObject({ restorePoint: 'blocked: image-direct' });
  });

  it('L5: a destination without a trigger is left alone while it syncs', () => {
    expect(judged('L5-loop', 1000)['demo-l/loop']).toMatchObject({
      restorePoint: 'stale: sync-in-progress',
      actions: [],
    });
  });

  it('M1: the image is gone', () => {
    expect(judged('M1-image-gone')['demo-l/m1']).toMatchObject({ restorePoint: 'cold: image-missing' });
  });

  it("is somebody else's as it was recorded: blocked: destination-foreign, unless adopted", () => {
    const folder = new URL('B3-restore-done/', STATES);
    const found = objectsIn(folder).find((object) => metaOf(object)?.name === 'data-restore');
    expect(parseDestination(found)).toMatchObject({ managed: false, labels: {}, mover: 'restic', manual: 'bba14529' });
  });
});

describe('a recorded mover', () => {
  it('H1, H2: killed once: it has failed while its successor works, and no more when that has succeeded', () => {
    const job = (active: number, succeeded: number): unknown => ({
      metadata: {
        name: 'volsync-dst-data-restore',
        namespace: 'demo',
        ownerReferences: [{ kind: 'ReplicationDestination', name: 'data-restore' }],
      },
      status: { active, failed: 1, succeeded },
    });
    expect([parseMover(job(1, 0))?.failed, parseMover(job(0, 1))?.failed]).toEqual([1, 0]);
  });

  it('L6: a source without its claim has begun, fails with an Error, and has no Job', () => {
    const [found] = objectsIn(new URL('L6-no-pvc/', STATES)).flatMap((object) => parseSource(object) ?? []);
    expect(found).toMatchObject({
      claim: 'no-such-pvc',
      lastSyncStartAt: Date.parse('2026-11-21T08:20:18Z'),
      nextSyncAt: null,
    });
  });
});
