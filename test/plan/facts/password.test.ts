/** L2: which password counts as the repository's own. */
import { describe, expect, it } from 'vitest';
import { ANNOTATION } from '../../../src/naming.ts';
import type { OurCredentials } from '../../../src/model.ts';
import { isPasswordProven, owesProof, passwordChanged } from '../../../src/plan/facts/password.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import {
  BASE_VERSION,
  HOUR,
  KEY,
  MINUTE,
  NOW,
  PROVEN,
  claim,
  destination,
  foreign,
  situation,
  source,
  type ClusterParts,
} from '../../support/build.ts';

/** Our Secret, whose password is another than the base's; changed last two hours ago. */
function secret(password?: OurCredentials['password']): OurCredentials {
  const differs = ['RESTIC_PASSWORD'];
  return password === undefined ? { state: 'ours', differs } : { state: 'ours', differs, password };
}

const UNPROVEN = { proven: false, changedAt: NOW - 2 * HOUR };

function world(credentials: OurCredentials, parts: ClusterParts = {}): Situation {
  return situation({ credentials: { [KEY]: credentials }, destinations: [], sources: [], ...parts });
}

describe('L2: a password is proven', () => {
  it.each([
    ['by the digest on the Secret', world(secret(PROVEN)), true],
    ['not without a mover', world(secret(UNPROVEN)), false],
    ['by a restore that began after the last change', world(secret(UNPROVEN), { destinations: [destination()] }), true],
    [
      'not by one that began before it',
      world(secret({ proven: false, changedAt: NOW - 40 * MINUTE }), { destinations: [destination()] }),
      false,
    ],
    [
      'not by one that began before it and ended after it',
      world(secret(UNPROVEN), { destinations: [destination({ lastSyncSeconds: 2 * 3600 })] }),
      false,
    ],
    [
      'not when nobody knows when it was changed',
      world(secret({ proven: false, changedAt: null }), { destinations: [destination()] }),
      false,
    ],
    ['by a backup that has saved', world(secret(UNPROVEN), { sources: [source()] }), true],
    [
      'not by one that found nothing to save',
      world(secret(UNPROVEN), { sources: [source({ moverLogs: '== Directory is empty skipping backup ===' })] }),
      false,
    ],
    [
      'not by one that fails now',
      world(secret(UNPROVEN), { sources: [source({ moverResult: 'Failed', moverLogs: 'Fatal: wrong password' })] }),
      false,
    ],
    ['not by a mover with another Secret', world(secret(UNPROVEN), { sources: [source({ secret: 'own' })] }), false],
    [
      'not by a destination with another Secret',
      world(secret(UNPROVEN), {
        destinations: [foreign({ spec: { ...destination().spec, repository: 'own' } })],
      }),
      false,
    ],
  ] as const)('%s', (_, s, is) => {
    expect([isPasswordProven(s), passwordChanged(s)]).toEqual([is, is]);
  });

  it.each([
    ['by the proof of its destination', { destinations: [destination()] }, true],
    ['by a source that has synced', { sources: [source()] }, true],
    ['by nothing else', { destinations: [destination({ annotations: {}, lastSyncAt: null })] }, false],
  ] satisfies [string, ClusterParts, boolean][])('on a Secret of version 0.1 %s', (_, parts, is) => {
    expect([isPasswordProven(world(secret(), parts)), owesProof(world(secret(), parts))]).toEqual([is, is]);
  });

  it('once: what stands on the Secret is not written again, and of version 0.1 nothing while nothing changes', () => {
    const parts = { destinations: [destination()] };
    expect([
      owesProof(world(secret(PROVEN), parts)),
      owesProof(world(secret(UNPROVEN), parts)),
      owesProof(world({ state: 'ours', differs: [] }, parts)),
    ]).toEqual([false, true, false]);
  });
});

describe('L2: a proven password that differs from the base', () => {
  it.each([
    ['is accepted by the version of the base, on the claim', { claims: [claim({ accept: BASE_VERSION })] }, false],
    ['is not accepted by the uid of the claim', { claims: [claim({ accept: claim().uid })] }, true],
    ['is not accepted by an earlier version', { claims: [claim({ accept: 'base-uid/6' })] }, true],
    [
      'is accepted on the destination, where there is no claim',
      { claims: [], destinations: [destination({ annotations: { [ANNOTATION.accept]: BASE_VERSION } })] },
      false,
    ],
    ['is not accepted where there is no base', { bases: {}, claims: [claim({ accept: BASE_VERSION })] }, true],
  ] satisfies [string, ClusterParts, boolean][])('%s', (_, parts, is) => {
    expect(passwordChanged(world(secret(PROVEN), parts))).toBe(is);
  });
});
