/** Real status changes, recorded one by one, played back through the parser and the plan. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../src/cluster/destination.ts';
import type { Entry } from '../../src/decisions.ts';
import type { Destination } from '../../src/model.ts';
import { MANAGED_BY, PRODUCT } from '../../src/naming.ts';
import { readProof } from '../../src/restic/log-lines.ts';
import { actionName } from '../../src/report/report.ts';
import { HOUR, bucketView, clusterView, image, listed, namespace, planOf, snapshot } from '../support/build.ts';

const FOLDER = new URL('../fixtures/sequences/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.startsWith('replicationdestination-'));
/** In the repository, older than every recorded one. */
const BEFORE = '00000000';

interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  namespace: string;
  name: string;
  resourceVersion: string;
  spec: { trigger?: { manual?: string } };
  status?: Record<string, unknown>;
}

interface Told {
  who: string;
  destination: Destination;
  entry: Entry;
  actions: string[];
}

function changesIn(file: string): Change[] {
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').trim().split('\n');
  const changes: Change[] = lines.map((line) => JSON.parse(line));
  return changes.filter(({ type }) => type !== 'DELETED');
}

/** The recorded destinations are not ours and not all of our form: they are made so. */
function destinationOf(change: Change): Destination {
  const name = change.name.endsWith('-restore') ? change.name : `${change.name}-restore`;
  const { namespace, resourceVersion, spec, status } = change;
  const metadata = { name, namespace, resourceVersion, uid: name, labels: { [MANAGED_BY]: PRODUCT } };
  return parseDestination({ metadata, spec, status })!;
}

function timeOf({ status }: Change): number {
  const text = JSON.stringify(status ?? {});
  return Math.max(0, ...[...text.matchAll(/"(2026-11-21T[0-9:]+Z)"/g)].map(([, time]) => Date.parse(time!)));
}

/** Every change with what the plan says of it at that moment, when the bucket holds what the logs name and one older. */
function replay(file: string): Told[] {
  const changes = changesIn(file);
  let now = 0;
  return changes.map((change) => {
    now = Math.max(now, timeOf(change));
    const destination = destinationOf(change);
    const named = /restoring snapshot ([0-9a-f]{8})/.exec(destination.moverLogs)?.[1];
    const found = [snapshot(BEFORE, now - 5 * HOUR), ...(named === undefined ? [] : [snapshot(named, now - HOUR)])];
    const key = `${destination.namespace}/${destination.claim}`;
    const result = planOf({
      now,
      bucket: bucketView({ [key]: listed(found) }),
      cluster: clusterView({
        namespaces: [namespace({ name: destination.namespace })],
        bases: { [destination.namespace]: { version: 'base-uid/7', content: null } },
        credentials: {},
        destinations: [destination],
        claims: [],
        sources: [],
        images:
          destination.latestImage === null
            ? []
            : [image({ namespace: destination.namespace, name: destination.latestImage.name })],
      }),
    });
    const entry = result.entries[0]!;
    return { who: key, destination, entry, actions: entry.actions.map(actionName) };
  });
}

function isDone({ destination: d }: Told): boolean {
  return d.lastSyncStartAt === null && (d.manual === null || d.manual === d.lastManualSync);
}

/** One destination's states, each once while it lasts. */
function story(file: string, who: string): string[] {
  const states = replay(file)
    .filter((one) => one.who === who)
    .map(({ entry: { restorePoint: r }, actions }) =>
      [r.state, r.reason, r.holds, ...actions].filter((word) => word !== null).join(' '),
    );
  return states.filter((state, index) => state !== states[index - 1]);
}

describe.each(FILES)('%s', (file) => {
  const told = replay(file);

  it('nothing is done to a destination while it syncs, and it is never called warm then', () => {
    for (const one of told.filter((each) => !isDone(each))) {
      expect(one.actions).toEqual([]);
      expect(['warming', 'stale', 'suspect', 'blocked']).toContain(one.entry.restorePoint.state);
    }
  });

  it('sync-failing is said of what has failed, never of a passing Error', () => {
    for (const { entry, destination } of told) {
      expect(entry.restorePoint.reason === 'sync-failing').toBe(destination.moverResult === 'Failed');
    }
  });

  it('after each sync the image holds what the log names; an empty one is suspect', () => {
    for (const one of told.filter(isDone)) {
      const proof = readProof(one.destination.moverLogs);
      const { state, holds } = one.entry.restorePoint;
      expect(holds).toBe(proof.kind === 'restored' ? proof.id : null);
      expect([state === 'suspect', one.actions[0] === 'mark-suspect']).toEqual(Array(2).fill(proof.kind === 'empty'));
    }
  });
});

describe('the story of', () => {
  it('a first restore', () => {
    expect(story('replicationdestination-restore.jsonl', 'demo/data')).toEqual([
      'warming sync-in-progress',
      'warm bba14529 record-proof update-destination',
    ]);
  });

  it('a restore from an empty repository: success, and an image that is never offered', () => {
    expect(story('replicationdestination-empty-and-retrigger-and-failing.jsonl', 'demo/empty')).toEqual([
      'warming sync-in-progress',
      'suspect image-empty mark-suspect recreate-destination',
    ]);
  });

  it('many renewals: the old results stand during each of them', () => {
    expect(story('replicationdestination-empty-and-retrigger-and-failing.jsonl', 'demo/data')).toEqual([
      'warm bba14529 record-proof update-destination',
      'stale sync-in-progress',
      'warm 95377d80 record-proof update-destination',
      'stale sync-in-progress',
      'warm 95377d80 record-proof update-destination',
      'stale sync-in-progress',
      'suspect image-empty mark-suspect recreate-destination',
      'stale sync-in-progress',
      'warm fadc75a2 record-proof update-destination',
    ]);
  });

  it('a mover that was killed and a successor that made it good', () => {
    expect(story('replicationdestination-killed-mover.jsonl', 'demo/data').slice(1)).toEqual([
      'stale sync-in-progress',
      'warm 91e5eee3 record-proof update-destination',
    ]);
  });

  it('a mover that took a newer snapshot than the tag asked for', () => {
    expect(story('replicationdestination-locks.jsonl', 'demo-j/k2')).toEqual([
      'warming sync-in-progress',
      'warm b415cbc8 record-proof update-destination',
    ]);
  });

  it('a mover that fails eight times', () => {
    expect(story('replicationdestination-locks.jsonl', 'demo-unpriv/g1-nosc')).toEqual([
      'warming sync-in-progress',
      'blocked sync-failing',
    ]);
  });

  it('an image that is a PersistentVolumeClaim', () => {
    expect(story('replicationdestination-more.jsonl', 'demo-l/direct')).toEqual([
      'warming sync-in-progress',
      'blocked image-direct f42d872b record-proof retrigger',
    ]);
  });
});
