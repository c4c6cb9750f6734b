import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/decisions.ts';
import { runCode } from '../../../src/report/exit-code.ts';
import { KEY, base, claim, clusterView, foreign, lostCluster, planOf, type World } from '../../support/build.ts';

/** A live claim with a backup and no restore point, and one thing that keeps it from getting one. */
function lost(parts: Parameters<typeof lostCluster>[0]): World {
  return { cluster: lostCluster({ claims: [claim()], ...parts }) };
}

function toldOf(world: World): Finding | undefined {
  return planOf(world).findings.find(({ about }) => about === KEY);
}

describe('N5: a live claim that would not come back', () => {
  it.each<[string, World]>([
    ['credentials-missing', lost({ bases: {} })],
    ['credentials-incomplete', lost({ bases: { media: base({ missing: ['RESTIC_PASSWORD'] }) } })],
    ['credentials-foreign', lost({ credentials: { [KEY]: { state: 'foreign' } } })],
    ['repository-mismatch', lost({ bases: { media: base({ repositoryBase: 's3:http://x/y/' }) } })],
    ['destination-foreign', lost({ destinations: [foreign({ latestImage: null })] })],
  ])('is named, with exit code 3: %s', (reason, world) => {
    expect(toldOf(world)).toMatchObject({ reason, risk: true });
    expect(runCode(planOf(world), 0, { failOn: 'risk' })).toBe(3);
    expect(runCode(planOf(world), 0, { failOn: 'error' })).toBe(0);
  });

  it('is told by its own names', () => {
    expect(toldOf(lost({ bases: {} }))?.message).toBe(
      'If the claim were created again now, it would not come back. The namespace has no Secret with base credentials (volsync-rustfs-base).',
    );
  });
});

describe('a live claim is not named', () => {
  it.each<[string, World]>([
    ['while its restore point is only queued', lost({})],
    [
      'when somebody else’s destination has an image for its reference',
      { cluster: clusterView({ destinations: [foreign()] }) },
    ],
    ['when it opted out', lost({ bases: {}, claims: [claim({ optOut: 'with-reason' })] })],
  ])('%s', (_, world) => {
    expect(toldOf(world)?.risk).toBeUndefined();
  });
});
