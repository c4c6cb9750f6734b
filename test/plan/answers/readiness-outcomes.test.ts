/** What becomes of a claim that is created now, fact by fact, under the policies that are in force. */
import { describe, expect, it } from 'vitest';
import type { RestorePoint } from '../../../src/decisions.ts';
import type { Claim } from '../../../src/model.ts';
import { createdAnew, readinessOf, type Readiness } from '../../../src/plan/answers/readiness.ts';
import { SAFE, type Policies } from '../../../src/plan/answers/readiness-policies.ts';
import type { Context } from '../../../src/plan/facts/situation.ts';
import type { JudgedClaim } from '../../../src/plan/restore/judged-claim.ts';
import type { Reason } from '../../../src/reasons.ts';
import {
  EMPTY_LOG,
  IMAGE,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  claim,
  clusterView,
  destination,
  foreign,
  fullId,
  indexOf,
  planOf,
  source,
} from '../../support/build.ts';
import { entry, ours } from '../../support/facts.ts';

const GIVEN = { _generatedAt: new Date(NOW).toISOString() };
const ATTACH = indexOf({ ...GIVEN, 'media.plex-config': `attach cold:queued ${NEWEST} -` });
const REFUSE = indexOf({ ...GIVEN, 'media.plex-config': `refuse cold:queued ${NEWEST} -` });
const DENIES = indexOf({ _onStale: 'deny', _generatedAt: '' });

const { claims, context } = planOf({ cluster: clusterView({ index: indexOf(GIVEN) }) });
const [PLEX] = claims;

interface Asking {
  /** what is known of the claim's name */
  facts?: Partial<JudgedClaim>;
  /** the claim itself: without a reference */
  claim?: Partial<Claim>;
  policies?: Partial<Policies>;
  index?: Context['cluster']['index'];
  blind?: Context['blind'];
}

function readiness({ facts, claim: changed, policies, index = indexOf(GIVEN), blind = null }: Asking): Readiness {
  const cluster = { ...context.cluster, index };
  const asked = claim({ restoresFromUs: false, ...changed });
  return readinessOf(
    asked,
    { ...PLEX!, source: null, ...facts },
    { ...SAFE, ...policies },
    { ...context, cluster, blind },
  );
}

type Story = [string, string, Asking];

function tells(stories: readonly Story[]): void {
  it.each(stories)('%s: %s', (_, expected, asking) => {
    const { outcome, reason } = readiness(asking);
    expect(`${outcome} ${reason}`).toBe(expected);
  });
}

/** Nothing is of its name but a restore point that the plan judges so. */
function nothing(reason: Reason | null, state: RestorePoint['state'] = 'cold'): Partial<JudgedClaim> {
  return { destination: null, imageState: 'none', ...judged(state, reason) };
}

function judged(state: RestorePoint['state'], reason: Reason | null): Partial<JudgedClaim> {
  return { restorePoint: { ...PLEX!.restorePoint, state, reason, admissible: false } };
}

const ABSENT = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;
const OWN = { reference: { apiGroup: '', kind: 'PersistentVolumeClaim', name: 'older' }, bringsSource: true };
const IN_GIT = { ...OWN, restoresFromUs: true };

it('names the claim', () => {
  const asked = readiness({ claim: { namespace: 'home', claim: 'tv', ...OWN } });
  expect(asked).toEqual({ namespace: 'home', claim: 'tv', outcome: 'own', reason: null });
});

describe('first of all', () => {
  tells([
    ['nobody could look', 'waiting listing-failed', { blind: 'listing-failed' }],
    ['it has opted out', 'own opted-out', { claim: { optOut: 'with-reason' } }],
    ['it brings its data', 'own null', { claim: OWN }],
    ['it has a volume', 'own null', { claim: { volumeName: 'pv-1' } }],
    ['it is restored', 'restored null', {}],
  ]);
});

describe('a claim that is refused', () => {
  const saved = { source: source(), ...nothing('queued') };
  const withoutHold = { hold: false };
  const suspect = ours({ suspect: { image: IMAGE, reason: 'image-empty' } });
  tells([
    [
      'is admitted when its restore point is made',
      'waiting queued',
      { facts: nothing('queued'), index: ATTACH, policies: withoutHold },
    ],
    [
      'hangs on what a person has to correct',
      'hanging credentials-foreign',
      { facts: nothing('credentials-foreign'), index: ATTACH, policies: withoutHold },
    ],
    ['hangs where the index refuses it', 'hanging queued', { facts: nothing('queued'), index: REFUSE }],
    ['waits for the next run', 'waiting index-stale', { facts: saved }],
    [
      'waits for it whatever a person has to correct',
      'waiting index-stale',
      { facts: { ...saved, ...nothing('credentials-foreign') } },
    ],
    [
      'hangs where nothing of its namespace is restored',
      'hanging namespace-excluded',
      { facts: { ...saved, excluded: true } },
    ],
    [
      'hangs where nothing of this kind is restored',
      'hanging volume-mode-block',
      {
        facts: {
          ...saved,
          ...nothing('volume-mode-block'),
          indexed: entry(`ignore cold:volume-mode-block ${NEWEST} -`),
        },
      },
    ],
    [
      'waits for the first run, excluded or not',
      'waiting index-unwritten',
      { facts: { ...nothing('queued'), excluded: true }, index: indexOf({}) },
    ],
    [
      'waits for the first run, ignored or not',
      'waiting index-unwritten',
      { facts: { ...nothing('queued'), indexed: entry(`ignore cold:queued ${NEWEST} -`) }, index: indexOf({}) },
    ],
    ['waits where the index is to be denied', 'waiting index-stale', { facts: nothing('queued'), index: DENIES }],
    [
      'waits while its image is marked',
      'waiting image-empty',
      { facts: { destination: suspect, ...judged('blocked', 'image-empty') }, index: ATTACH },
    ],
    [
      'hangs for good as a block device',
      'hanging volume-mode-block',
      { facts: nothing('queued'), index: ATTACH, claim: { volumeMode: 'Block' } },
    ],
    ['hangs for good without an index', 'hanging index-missing', { index: { ...indexOf(), shards: [] } }],
    [
      'is not told what the plan says of the backup where it says something of the restore point',
      'hanging repository-empty',
      { facts: { ...nothing(null), ...ABSENT }, index: REFUSE },
    ],
  ]);
});

describe('a claim that refers to its restore point', () => {
  const asked = { claim: IN_GIT };
  const adopted = (parts: Parameters<typeof foreign>[0] = {}): JudgedClaim['destination'] =>
    foreign({ labels: { 'volsync-prewarm/adopt': 'true' }, ...parts });
  const stale = (reason: Reason | null): Partial<JudgedClaim> => ({
    restorePoint: { ...PLEX!.restorePoint, state: 'stale', reason, holds: NEWEST },
    backup: { state: 'present', snapshots: 3, newest: { id: fullId(LATER), at: NOW }, reason: null },
  });
  const suspect = ours({ suspect: { image: IMAGE, reason: 'image-empty' } });
  const unshaped = { shape: false };
  const unprimed = { shape: false, prime: false };
  tells([
    ['is restored', 'restored null', asked],
    [
      'hangs where there is no backup',
      'hanging repository-empty',
      { ...asked, facts: { ...nothing('queued'), ...ABSENT } },
    ],
    ['waits for its restore point', 'waiting queued', { ...asked, facts: nothing('queued') }],
    ['waits without a word where nothing is known', 'waiting null', { ...asked, facts: nothing(null) }],
    [
      'hangs on what a person has to correct',
      'hanging credentials-foreign',
      { ...asked, facts: nothing('credentials-foreign') },
    ],
    [
      'hangs in the cluster without credentials',
      'hanging credentials-missing',
      { ...asked, facts: nothing('credentials-missing') },
    ],
    [
      'waits in Git for credentials',
      'waiting credentials-missing',
      { claim: { ...IN_GIT, uid: '' }, facts: nothing('credentials-missing') },
    ],
    [
      'hangs in Git on everything else',
      'hanging credentials-foreign',
      { claim: { ...IN_GIT, uid: '' }, facts: nothing('credentials-foreign') },
    ],
    [
      'is somebody else’s affair',
      'own destination-foreign',
      { ...asked, facts: { destination: foreign(), steered: false } },
    ],
    [
      'is not where it is handed over',
      'restored null',
      { ...asked, facts: { destination: adopted(), steered: false } },
    ],
    [
      'waits for the first image',
      'waiting sync-in-progress',
      { ...asked, facts: { imageState: 'none', ...judged('warming', 'sync-in-progress') } },
    ],
    [
      'hangs without an image that it could take',
      'hanging image-direct',
      { ...asked, facts: { imageState: 'direct', ...judged('blocked', 'image-direct') } },
    ],
    [
      'waits for a second try of an empty image',
      'waiting image-empty',
      { ...asked, facts: { destination: suspect, ...judged('suspect', 'image-empty') }, policies: unshaped },
    ],
    [
      'hangs on an image that stays empty',
      'hanging image-empty',
      { ...asked, facts: { destination: suspect, ...judged('blocked', 'image-empty') }, policies: unshaped },
    ],
    [
      'starts from a marked image where prime is not in force',
      'empty image-empty',
      { ...asked, facts: { destination: suspect }, policies: unprimed },
    ],
    [
      'starts from an image that restored nothing where prime is not in force',
      'empty image-empty',
      { ...asked, facts: { destination: destination({ annotations: {}, moverLogs: EMPTY_LOG }) }, policies: unprimed },
    ],
    ['is restored where prime is not in force', 'restored null', { ...asked, policies: unprimed }],
    [
      'waits while VolSync is held back',
      'waiting backup-due',
      { ...asked, facts: { destination: ours({ nextBackup: NOW - MINUTE }) } },
    ],
    [
      'nobody holds it back where prime is not in force',
      'restored null',
      { ...asked, facts: { destination: ours({ nextBackup: NOW - MINUTE }) }, policies: unprimed },
    ],
    ['waits until its image is ready', 'waiting image-not-ready', { ...asked, facts: { imageState: 'not-ready' } }],
    ['waits for an image that is gone', 'waiting image-missing', { ...asked, facts: { imageState: 'missing' } }],
    ['waits for the newest snapshot', 'waiting newer-snapshot', { ...asked, facts: stale(null) }],
    ['and is told why it is not there', 'waiting queued', { ...asked, facts: stale('queued') }],
    [
      'takes the older one where prime is not in force',
      'restored null',
      { ...asked, facts: stale('queued'), policies: unprimed },
    ],
    ['takes the older one where it fails to be renewed', 'restored null', { ...asked, facts: stale('sync-failing') }],
    ['takes the older one where it is stuck', 'restored null', { ...asked, facts: stale('sync-stuck') }],
    ['takes what nobody has proven', 'restored null', { ...asked, facts: stale('image-unproven') }],
    ['takes what nobody may renew', 'restored null', { ...asked, facts: stale('destination-foreign') }],
    ['takes the newest of all', 'restored null', { ...asked, facts: { ...stale('queued'), backup: PLEX!.backup } }],
    [
      'takes what there is where there is no backup any more',
      'restored null',
      { ...asked, facts: { ...stale('queued'), ...ABSENT } },
    ],
    [
      'takes what is warm',
      'restored null',
      { ...asked, facts: { backup: stale(null).backup!, ...judged('warm', null) } },
    ],
    [
      'and is told that something newer lies elsewhere',
      'restored newer-elsewhere',
      { ...asked, facts: { elsewhere: { snapshot: null, repository: null } } },
    ],
  ]);
});

describe('a claim that nobody attaches or refuses', () => {
  const open: Partial<Policies> = { restore: false, hold: false, gate: false };
  const admissible = { restorePoint: { ...PLEX!.restorePoint, reason: 'queued', admissible: true } } as const;
  const indexed = { ...nothing('queued'), indexed: entry(`attach cold:queued ${NEWEST} -`) };
  tells([
    ['starts empty, since there is no backup', 'empty repository-empty', { facts: { ...nothing(null), ...ABSENT } }],
    [
      'is its own affair as a static volume',
      'own volume-static',
      { facts: nothing('queued'), claim: { isStatic: true } },
    ],
    [
      'starts empty without the policy for its image',
      'empty policy-missing',
      { facts: { ...nothing('queued'), ...admissible }, policies: open },
    ],
    [
      'starts empty without the policy for what the index knows',
      'empty policy-missing',
      { facts: indexed, policies: open },
    ],
    ['restore alone is missing', 'empty policy-missing', { facts: indexed, policies: { restore: false } }],
    ['hold alone is missing', 'empty policy-missing', { facts: indexed, policies: { hold: false } }],
    ['no policy is missing', 'empty queued', { facts: indexed }],
    ['nothing could be attached', 'empty queued', { facts: nothing('queued'), policies: open }],
    [
      'nothing could be attached of what the index refuses',
      'empty queued',
      { facts: { ...nothing('queued'), indexed: entry(`refuse cold:queued ${NEWEST} -`) }, policies: open },
    ],
    [
      'there is no index',
      'empty index-missing',
      { facts: nothing('queued'), policies: open, index: { ...indexOf(), shards: [] } },
    ],
  ]);
});

describe('a claim of the cluster is judged as its manifest would have it', () => {
  const reference = { apiGroup: '', kind: 'PersistentVolumeClaim', name: 'older' };
  it('with the reference of its own and without its volume', () => {
    const bound = claim({ volumeName: 'pv-1', restoresFromUs: false, reference, bringsSource: true });
    expect(createdAnew(bound)).toEqual({ ...bound, volumeName: null });
  });

  it('without the reference to its restore point, and with it while it waits', () => {
    const ofUs = { ...claim(), volumeName: 'pv-1', restoresFromUs: true, reference, bringsSource: true };
    const without = { volumeName: null, reference: null, bringsSource: false, restoresFromUs: false };
    expect(createdAnew(ofUs)).toEqual({ ...ofUs, ...without });
    const waits = { ...ofUs, phase: 'Pending' };
    expect(createdAnew(waits)).toBe(waits);
  });
});
