/** What becomes of a restore point when restic's newest snapshot is not the bucket's: VolSync is played by the small world. */
import { describe, expect, it } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  clusterView,
  fullId,
  settings,
  snapshot,
  snapshots,
  toldAll,
} from '../../support/build.ts';
import { applied, look, volsync, type World } from '../../support/world.ts';

const NEWER = [...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)];

function worldOf(parts: Partial<World>): World {
  const cluster = clusterView({ sources: [], claims: [] });
  return { now: NOW, serial: 1, repositories: new Map([[KEY, NEWER]]), flukes: new Set(), cluster, ...parts };
}

/** Plans, applies and lets VolSync work until nothing is to be done; gives the restores that were asked for. */
function settled(start: World): { asked: string[]; restorePoint: string; holds: string | null; findings: string[] } {
  let world = start;
  const asked: string[] = [];
  for (let pass = 0; pass < 20; pass += 1) {
    const result = plan(look(world), settings(), world.now);
    const actions = result.chains.flat();
    for (const action of actions) {
      world = applied(world, action);
      if (action.kind === 'retrigger') asked.push(action.desired.manual);
    }
    if (actions.length === 0 && result.pending.syncing === 0) {
      const findings = result.findings.map(({ reason }) => reason);
      const holds = result.entries[0]?.restorePoint.holds ?? null;
      return { asked, restorePoint: toldAll(result)[KEY]?.restorePoint ?? '', holds, findings };
    }
    world = volsync(world);
  }
  throw new Error(`it never ends: ${asked.join(' ')}`);
}

describe('a restore point', () => {
  it('holds the newest snapshot after one restore', () => {
    expect(settled(worldOf({}))).toEqual({ asked: [LATER], restorePoint: 'warm', holds: LATER, findings: [] });
  });

  it('holds the newest restorable one when the newest cannot be restored, and is asked twice for that', () => {
    expect(settled(worldOf({ unrestorable: new Set([LATER]) }))).toEqual({
      asked: [LATER, `${LATER}-r1`],
      restorePoint: 'warm',
      holds: NEWEST,
      findings: ['snapshot-not-restorable'],
    });
  });

  it('R4: holds the newest real snapshot although another one is dated in the future', () => {
    expect(settled(worldOf({ began: new Map([[fullId(OLD), NOW + 24 * HOUR]]) }))).toEqual({
      asked: [LATER, `${LATER}-r1`],
      restorePoint: 'warm',
      holds: LATER,
      findings: ['snapshot-from-the-future'],
    });
  });
});
