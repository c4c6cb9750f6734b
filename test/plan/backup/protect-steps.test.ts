/** What is done about a source in this pass, whole: its actions, and what is reported of it. */
import { describe, expect, it } from 'vitest';
import { backupTag } from '../../../src/naming.ts';
import type { OriginMemory } from '../../../src/origin.ts';
import { protect } from '../../../src/plan/backup/protect.ts';
import type { Protection } from '../../../src/plan/backup/protected-claim.ts';
import type { Context } from '../../../src/plan/facts/situation.ts';
import type { JudgedClaim } from '../../../src/plan/restore/judged-claim.ts';
import type { Source } from '../../../src/source.ts';
import { HOUR, MINUTE, NEWEST, NOW, foreign, namespace, source, type ClusterParts } from '../../support/build.ts';
import { knownNewest } from '../../support/facts.ts';
import { ORIGIN, judged, ours } from '../../support/protected.ts';

interface More {
  facts?: Partial<JudgedClaim>;
  parts?: ClusterParts;
  context?: Partial<Context>;
}

function protectedBy(sources: Source[], { facts, parts, context }: More = {}): Protection {
  const { one, context: seen } = judged(sources, facts, parts);
  return protect(one, { ...seen, ...context });
}

/** Its actions; and its state and reason. */
function steps(sources: Source[], more: More = {}): unknown {
  const { upkeep, first, source: report } = protectedBy(sources, more);
  const kinds = [...upkeep, ...(first ?? [])].map(({ kind }) => kind);
  return [kinds, report.state, report.reason];
}

const pending: OriginMemory = { ...ORIGIN, origin: null, held: null, newest: null, since: NOW - HOUR };
const remembered = (origin: OriginMemory): Partial<JudgedClaim> => {
  const entry = knownNewest(NEWEST, NOW - HOUR);
  return { indexed: entry && { ...entry, origin } };
};
const UNKNOWN = { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' } as const;
const DRIFT: Partial<JudgedClaim> = { credentials: { state: 'ours', differs: ['AWS_ACCESS_KEY_ID'] } };
const SECRET = ['prove-password', 'update-credentials'];
const changed = (parts: Partial<Source> = {}): Source => ours({ schedule: '* * * * *', ...parts });

describe('a source that nobody has made', () => {
  const MADE = [['create-source'], 'planned', 'queued'];
  it.each<[string, unknown, More]>([
    ['is made', MADE, {}],
    ['is made although the destination is somebody else’s', MADE, { parts: { destinations: [foreign()] } }],
    ['is made after the first of two listings', MADE, { facts: { ...remembered(pending), listed: { state: 'no' } } }],
    ['waits while nobody could look at the volume', [[], 'none', 'origin-undecided'], { parts: { volumes: {} } }],
    [
      'waits for a look at the bucket, although it is known how its claim began',
      [[], 'none', 'origin-undecided'],
      { facts: { ...remembered(ORIGIN), listed: { state: 'not-looked' } } },
    ],
    ['waits while nobody could look at its backups', [[], 'none', null], { facts: { backup: UNKNOWN } }],
    ['waits while runs are frozen', [[], 'none', null], { context: { frozen: 'listing-failed' } }],
    ['gets its Secret before', [[...SECRET, 'create-source'], 'planned', 'queued'], { facts: DRIFT }],
  ])('%s', (_, expected, more) => {
    expect(steps([], more)).toEqual(expected);
  });
});

describe('a source of ours that differs', () => {
  const LOCK = { name: 'f'.repeat(64), at: NOW - 2 * HOUR };
  it.each<[string, string[], Partial<Source>, More]>([
    ['is brought back', ['update-source'], {}, {}],
    ['is left alone while it is deleted', [], { deleting: true }, {}],
    ['is left alone while somebody waits for its backup', [], { manual: backupTag(NOW + MINUTE) }, {}],
    ['is left alone while nobody could look at its backups', [], {}, { facts: { backup: UNKNOWN } }],
    ['is left alone while runs are frozen', [], {}, { context: { frozen: 'listing-failed' } }],
    ['gets its Secret before', [...SECRET, 'update-source'], {}, { facts: DRIFT }],
    ['gets its Secret while it is deleted', SECRET, { deleting: true }, { facts: DRIFT }],
    [
      'gets no Secret in a namespace that goes',
      ['update-source'],
      {},
      { facts: { ...DRIFT, namespaceObject: namespace({ terminating: true }) } },
    ],
    [
      'gets its Secret and loses a dead mover’s lock before that',
      [...SECRET, 'unlock-source'],
      {},
      { facts: { ...DRIFT, probe: { state: 'listed', snapshots: [], locks: [LOCK] } } },
    ],
  ])('%s', (_, expected, parts, more) => {
    expect(steps([changed(parts)], more)).toEqual([expected, 'active', null]);
  });
});

describe('what is told of a claim', () => {
  const { one } = judged([]);
  it('is nothing but what the index knows, where there is no claim', () => {
    const indexed = one.indexed && { ...one.indexed, origin: ORIGIN, keep: { daily: 1 }, recorded: 'cafecafe' };
    expect(protectedBy([], { facts: { claimObject: null, indexed } })).toEqual({
      began: null,
      accepted: false,
      origin: ORIGIN,
      keep: { daily: 1 },
      recorded: 'cafecafe',
      keeping: null,
      source: { state: 'none', reason: null, name: null, ours: false, schedule: null, origin: null },
      upkeep: [],
      first: null,
    });
  });

  it('is the record that this run has written, else the one that the index knows', () => {
    const indexed = one.indexed && { ...one.indexed, recorded: 'cafecafe' };
    const { context } = judged([]);
    const bucket = { ...context.bucket, written: new Map([[one.key, 'f00df00d']]) };
    const recorded = (more: More): unknown => protectedBy([], more).recorded;
    expect([
      recorded({ facts: { indexed }, context: { bucket } }),
      recorded({ facts: { indexed } }),
      recorded({ facts: { indexed: null } }),
    ]).toEqual(['f00df00d', 'cafecafe', null]);
  });

  it('is its source: ours, else the first of others that stays', () => {
    const report = (...sources: Source[]): unknown => protectedBy(sources).source;
    const active = { state: 'active', reason: null, origin: 'restored' };
    const theirs = source({ name: 'theirs', schedule: null });
    const goes = source({ name: 'goes', deleting: true });
    expect([report(theirs, ours()), report(goes, theirs), report(goes)]).toEqual([
      { ...active, name: 'plex-config-backup', ours: true, schedule: '30 * * * *' },
      { ...active, name: 'theirs', ours: false, schedule: null },
      { ...active, state: 'planned', reason: 'queued', name: null, ours: false, schedule: null },
    ]);
  });
});

it('a source whose claim is gone goes by one action, as it was seen', () => {
  const gone = { facts: { claimObject: null } };
  expect(protectedBy([ours()], gone).upkeep).toEqual([
    {
      kind: 'delete-source',
      namespace: 'media',
      claim: 'plex-config',
      remove: { uid: 'uid-of-plex-config-backup', resourceVersion: '200' },
    },
  ]);
});
