/** What is said of a claim's repositories, of its live claim and of too many restore points: whole texts, and when nothing is said. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY, type Memory } from '../../../src/memory.ts';
import { clockFindings, isClockWrong, skewAgainst, worthCorrecting } from '../../../src/plan/answers/clock.ts';
import { findingsOf, isSaidOnce } from '../../../src/plan/answers/findings.ts';
import { wouldNotComeBack } from '../../../src/plan/answers/live-claims.ts';
import { newerFindings } from '../../../src/plan/answers/newer-findings.ts';
import { layoutAddresses, repositoriesTold } from '../../../src/plan/answers/repositories-told.ts';
import { repositoryFindings, unclaimedRepositories } from '../../../src/plan/answers/repository-findings.ts';
import { surplusFindings } from '../../../src/plan/answers/surplus.ts';
import { shrank, trustFindings } from '../../../src/plan/answers/trust-findings.ts';
import type { Context } from '../../../src/plan/facts/situation.ts';
import type { Repository } from '../../../src/plan/facts/repositories.ts';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import type { RestorePoint } from '../../../src/decisions.ts';
import { REASONS, type Reason } from '../../../src/reasons.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  SECOND,
  claim,
  clusterView,
  destination,
  foreign,
  fullId,
  indexOf,
  listed,
  planOf,
  settings,
  snapshot,
  snapshots,
  source,
} from '../../support/build.ts';
import { UNREAD, repository } from '../../support/facts.ts';

const { claims: CLAIMS, context: CONTEXT } = planOf();
const ACCEPT = 'kubectl annotate -n media pvc/plex-config volsync-prewarm/accept';
type Facts = Partial<ProtectedClaim>;

function one(facts: Facts = {}): ProtectedClaim {
  return { ...CLAIMS[0]!, ...facts };
}

const FAR = repository('s3:http://far.example/b/p', { sources: ['b', 'a'] }, 'plex');
const OUT = repository('sftp:user@host:/p');
const NOWHERE: Repository = {
  ...OUT,
  where: { kind: 'out-of-reach', address: { backend: 'none', problem: 'empty' } },
  shown: '',
};
const ABSENT = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;
const UNKNOWN = { backup: { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' } } as const;
const memory = (changes: Partial<Memory>): Memory => ({ ...NO_MEMORY, ...changes });

describe('of its repositories it is said', () => {
  const said = (facts: Facts): string[] =>
    repositoryFindings(one(facts)).map(({ reason, message, about }) => `${about} ${reason}: ${message}`);
  const rival = destination({ name: 'plex-second' });
  const theirs = (askedFor: string | null, manual: string | null): Facts => ({
    destination: foreign({ adopted: true, manual, memory: memory({ askedFor }) }),
  });
  const empty = (fresh: boolean): Facts => ({ contents: { state: 'empty', why: 'image-empty', fresh } });
  it.each<[string, string[], Facts]>([
    ['nothing in the ordinary world', [], {}],
    [
      'which one is out of reach',
      [`${KEY} repository-elsewhere: not listed: sftp:user@host:/p`],
      { repositories: [FAR, OUT] },
    ],
    ['that one has no address', [`${KEY} repository-elsewhere: not listed: no address`], { repositories: [NOWHERE] }],
    [
      'that the remembered one is out of reach',
      [`${KEY} repository-elsewhere: not listed: sftp:user@host:/p`],
      { repository: OUT },
    ],
    ['nothing of the remembered one where others are named', [], { repository: OUT, repositories: [FAR] }],
    [
      'who writes there, too',
      [`${KEY} repository-shared-by-claims: a source of media/other writes into the same repository`],
      { sharedWith: 'media/other' },
    ],
    ['which destination is left alone', [`${KEY} destination-second: plex-second is left alone`], { rivals: [rival] }],
    [
      'that a Secret of its own opens it',
      [`${KEY} credentials-own: a Secret of your own opens its repository`],
      { credentials: { state: 'own' } },
    ],
    [
      'that the tag was taken back',
      [`${KEY} tag-reset: trigger.manual of plex-config-restore is restore-once again`],
      theirs(NEWEST, 'restore-once'),
    ],
    [
      'that the tag is gone',
      [`${KEY} tag-reset: trigger.manual of plex-config-restore is gone again`],
      theirs(NEWEST, null),
    ],
    ['nothing of the tag where another one was asked for', [], theirs(OLD, 'restore-once')],
    ['nothing of the tag without a backup', [], { ...theirs(NEWEST, 'restore-once'), ...ABSENT }],
    [
      'that the image is empty',
      [`${KEY} image-empty: the restore found nothing, so the image is empty and is never attached`],
      empty(true),
    ],
    [
      'that somebody else’s image is empty',
      [`${KEY} image-empty: the restore found nothing, so the image is empty and is never attached`],
      { ...empty(true), destination: foreign() },
    ],
    [
      'that it stays where nobody can see whether there is a backup',
      [
        `${KEY} image-empty: the restore found nothing, so the image is empty; whether there is a backup cannot be seen, so plex-config-restore is left as it is, and a claim that names it starts empty`,
      ],
      { ...empty(true), ...UNKNOWN, destination: foreign() },
    ],
    [
      'the same of ours: it is never attached',
      [`${KEY} image-empty: the restore found nothing, so the image is empty and is never attached`],
      { ...empty(true), ...UNKNOWN },
    ],
    [
      'that it stays where nobody may steer it',
      [
        `${KEY} image-empty: the restore found nothing, so the image is empty; plex-config-restore is left alone (destination-scheduled), so a claim that names it starts without its backup`,
      ],
      { ...empty(true), destination: foreign({ adopted: true }), unsteered: 'destination-scheduled' },
    ],
    [
      'the same of ours that nobody may steer: it is never attached',
      [`${KEY} image-empty: the restore found nothing, so the image is empty and is never attached`],
      { ...empty(true), unsteered: 'destination-scheduled' },
    ],
    [
      'the same of one that is marked already',
      [`${KEY} image-empty: the restore found nothing, so the image is empty and is never attached`],
      { ...empty(false), ...UNKNOWN, destination: foreign() },
    ],
  ])('%s', (_, expected, facts) => {
    expect(said(facts)).toEqual(expected);
  });

  it('which of them nobody names, up to ten by name', () => {
    const told = (...folders: string[]): string[] =>
      unclaimedRepositories([one(), one({ repositories: [FAR] })], folders).map(
        ({ about, message }) => `${about}: ${message}`,
      );
    const WORDS = 'bucket: repositories at another depth than namespace and claim:';
    expect([told(), told('plex'), told('plex', 'x', '')]).toEqual([[], [], [`${WORDS} x, the bucket itself`]]);
    const many = Array.from({ length: 12 }, (_, number) => `r${number}`);
    expect(told(...many)).toEqual([`${WORDS} ${many.slice(0, 10).join(', ')}, and 2 more`]);
    expect(told(...many.slice(0, 10))).toEqual([`${WORDS} ${many.slice(0, 10).join(', ')}`]);
    expect(unclaimedRepositories([one({ repository: FAR })], ['plex'])).toEqual([]);
  });
});

describe('of a newer snapshot elsewhere it is said', () => {
  const there = (more: Partial<Repository> = {}): Facts => ({
    elsewhere: { snapshot: snapshot(LATER, NOW), repository: { ...FAR, ...more } },
  });
  const IS_THERE = `${LATER} of 2026-11-21T12:00:00.000Z is in s3:http://far.example/b/p`;
  const HOLDS = `the repository that the claim is restored from holds ${NEWEST} of 2026-11-21T11:00:00.000Z`;
  it.each<[string, string[], Facts]>([
    ['nothing where there is none', [], {}],
    [
      'where it is, who writes there, what is here, and how to go on',
      [`${IS_THERE}, where b and a writes; ${HOLDS}; to go on without it: ${ACCEPT}=${NEWEST} --overwrite`],
      there(),
    ],
    [
      'nothing of writers where there are none',
      [`${IS_THERE}; ${HOLDS}; to go on without it: ${ACCEPT}=${NEWEST} --overwrite`],
      there({ sources: [] }),
    ],
    [
      'that here is nothing',
      [
        `${IS_THERE}; the repository that the claim is restored from holds nothing; to go on without it: ${ACCEPT}=uid-of-claim --overwrite`,
      ],
      { ...there({ sources: [] }), probe: listed([]) },
    ],
    [
      'no way out where nobody knows what is here',
      [`${IS_THERE}; the repository that the claim is restored from holds nothing`],
      { ...there({ sources: [] }), probe: UNREAD },
    ],
    [
      'no way out where here is nothing and no claim',
      [`${IS_THERE}; the repository that the claim is restored from holds nothing`],
      { ...there({ sources: [] }), probe: listed([]), claimObject: null },
    ],
    [
      'how to go on without a claim',
      [
        `${IS_THERE}; ${HOLDS}; to go on without it: kubectl annotate -n media replicationdestination/plex-config-restore volsync-prewarm/accept=${NEWEST} --overwrite`,
      ],
      { ...there({ sources: [] }), claimObject: null },
    ],
    [
      'how to go on without a destination',
      [`${IS_THERE}; ${HOLDS}; to go on without it: ${ACCEPT}=${NEWEST} --overwrite`],
      { ...there({ sources: [] }), destination: null },
    ],
    [
      'no way out where nothing could carry it',
      [`${IS_THERE}; ${HOLDS}`],
      { ...there({ sources: [] }), claimObject: null, destination: null },
    ],
    [
      'that it could not be looked at again',
      ['as the last run has seen; it could not be looked at again'],
      { elsewhere: { snapshot: null, repository: null } },
    ],
  ])('%s', (_, expected, facts) => {
    expect(newerFindings(one(facts)).map(({ message }) => message)).toEqual(expected);
  });
});

describe('repositories are told', () => {
  const told = (facts: Facts): unknown => repositoriesTold(one(facts), layoutAddresses(settings()));
  const OWN = 's3:http://rustfs.example:9000/volsync-backups/media/plex-config';
  const newest = { id: fullId(NEWEST), at: NOW - HOUR };
  it('with their address, what was seen there, and who writes', () => {
    const ordinary = { address: OWN, primary: true, seen: 'listed', newest, sources: ['plex-config-backup'] };
    expect(told({})).toEqual([ordinary]);
    expect(repositoriesTold(one(), layoutAddresses(settings({ endpoint: null })))).toMatchObject([
      { address: 's3:https://s3.amazonaws.com/volsync-backups/media/plex-config' },
    ]);
    const two = [
      { source: source({ name: 'b' }), mover: null },
      { source: source({ name: 'a' }), mover: null },
    ];
    expect(told({ writers: two, probe: null })).toEqual([{ ...ordinary, seen: 'not-looked', sources: ['a', 'b'] }]);
    const seen = (facts: Facts): unknown => repositoriesTold(one(facts), layoutAddresses(settings()))[0]?.seen;
    expect([
      seen({ probe: UNREAD }),
      seen({ listed: { state: 'no' }, probe: null }),
      seen({ repository: OUT }),
    ]).toEqual(['failed', 'listed', 'elsewhere']);
    const layout = { ...FAR, where: { kind: 'layout' }, secret: null } as const;
    const address = (given: Repository): unknown =>
      repositoriesTold(one({ repository: given }), layoutAddresses(settings()))[0]?.address;
    expect([address(layout), address({ ...layout, key: null }), address(FAR), address(OUT), address(NOWHERE)]).toEqual([
      FAR.shown,
      OWN,
      FAR.shown,
      OUT.shown,
      null,
    ]);
  });

  it('under an address that nobody has to mask or escape, else masked', () => {
    const at = (prefix: string, key = KEY): string => layoutAddresses(settings({ prefix }))({ key });
    const base = 's3:http://rustfs.example:9000/volsync-backups/';
    const strange = ['media/a b', 'media/a\n', '\nmedia/a', 'media/a#b'].map((key) => at('', key));
    expect(strange).toEqual([`${base}media/a b`, `${base}media/a`, `${base}\\u{a}media/a`, `${base}media/a`]);
    expect([at(''), at('p/'), at('#/')]).toEqual([`${base}${KEY}`, `${base}p/${KEY}`, base]);
    expect(at('', `media/${'x'.repeat(300)}`)).toHaveLength(257);
    expect(at(`${'p'.repeat(100)}/`, `media/${'x'.repeat(120)}`)).toHaveLength(257);
  });

  it('further ones after the first', () => {
    const [, ...others] = repositoriesTold(
      one({
        further: [
          { repository: FAR, probe: listed(snapshots()) },
          { repository: OUT, probe: null },
          { repository: FAR, probe: UNREAD },
        ],
      }),
      layoutAddresses(settings()),
    );
    expect(others).toEqual([
      { address: FAR.shown, primary: false, seen: 'listed', newest: snapshot(NEWEST), sources: ['a', 'b'] },
      { address: OUT.shown, primary: false, seen: 'elsewhere', newest: null, sources: [] },
      { address: FAR.shown, primary: false, seen: 'failed', newest: null, sources: ['a', 'b'] },
    ]);
  });
});

describe('a live claim would not come back', () => {
  const point = (state: RestorePoint['state'], reason: Reason | null): Facts => ({
    restorePoint: { ...one().restorePoint, state, reason },
  });
  const cold = point('cold', 'credentials-foreign');
  it.each<[string, boolean, Facts]>([
    ['where a person has to act', true, cold],
    ['not where it is not in use', false, { ...cold, live: false }],
    ['not in an excluded namespace', false, { ...cold, excluded: true }],
    ['not where there is no backup', false, { ...cold, ...ABSENT }],
    ['not where it has opted out', false, { ...cold, claimObject: claim({ optOut: 'with-reason' }) }],
    ['not without a claim', false, { ...cold, claimObject: null }],
    ['not from a warm restore point', false, point('warm', 'credentials-foreign')],
    ['not from a stale one', false, point('stale', 'credentials-foreign')],
    ['not from one that is being made', false, point('warming', 'credentials-foreign')],
    ['not without a reason', false, point('cold', null)],
    ['not for what passes', false, point('cold', 'queued')],
    ['not for what nobody could see', false, point('cold', 'listing-failed')],
    ['not for what a claim that waits tells', false, point('cold', 'capacity-unknown')],
    ['not for what a claim that waits is served in spite of', false, point('cold', 'over-storage-budget')],
    ['not from somebody else’s image that it names', false, point('blocked', 'destination-foreign')],
    ['where that image is lost', true, { ...point('blocked', 'destination-foreign'), imageState: 'missing' }],
    [
      'where it does not name it',
      true,
      { ...point('blocked', 'destination-foreign'), claimObject: claim({ restoresFromUs: false }) },
    ],
  ])('%s', (_, is, facts) => {
    const found = wouldNotComeBack(one(facts), CONTEXT);
    const told = found && [
      found.about,
      found.risk,
      found.message.startsWith('If the claim were created again now, it'),
    ];
    expect(told).toEqual(is ? [KEY, true, true] : null);
  });

  it('and is told why', () => {
    const { means } = REASONS['credentials-foreign'];
    expect(wouldNotComeBack(one(cold), CONTEXT)?.message).toBe(
      `If the claim were created again now, it would not come back. ${means.replaceAll('<pvc>', 'plex-config').replaceAll('<namespace>', 'media')}`,
    );
  });
});

describe('of the whole it is said', () => {
  it('how much too much the restore points need, and which would go', () => {
    const [first] = CLAIMS;
    const said = (count: number): string | undefined =>
      surplusFindings({
        bytes: 12 * 2 ** 30,
        limit: 10 * 2 ** 30,
        claims: Array.from({ length: count }, () => first!),
      })[0]?.message;
    const NEED = 'the restore points need 12Gi, which is 2Gi more than --max-warm-bytes allows;';
    const ten = Array.from({ length: 10 }, () => KEY).join(', ');
    expect([said(0), said(1), said(10), said(12)]).toEqual([
      `${NEED} none of them can go now`,
      `${NEED} with --prune these go: ${KEY}`,
      `${NEED} with --prune these go: ${ten}`,
      `${NEED} with --prune these go: ${ten} and 2 more`,
    ]);
    expect(surplusFindings(null)).toEqual([]);
    expect(surplusFindings({ bytes: 2, limit: 1, claims: [] })).toMatchObject([
      { reason: 'over-storage-budget', about: '--max-warm-bytes' },
    ]);
  });

  it('why a listing is not believed, and what overrules it', () => {
    const index = indexOf({ _generatedAt: new Date(NOW).toISOString() });
    const command = (when: string): string =>
      `most of the known repositories are missing from the listing, so nothing is created or deleted; if that is right: volsync-prewarm run --accept-shrink ${when}`;
    expect([shrank(index), shrank(indexOf())]).toEqual([command('2026-11-21T12:00:00.000Z'), command('none')]);
    const trust = (changes: Partial<Context>): string[] =>
      trustFindings({ ...CONTEXT, ...changes }, 'bucket').map(
        ({ reason, about, message }) => `${reason} ${about}: ${message}`,
      );
    expect([trust({}), trust({ frozen: 'listing-shrank' }), trust({ frozen: 'listing-failed' })]).toEqual([
      [],
      [`listing-shrank bucket: ${command('none')}`],
      [],
    ]);
    const accepts = (acceptedIndex: number | 'none' | null, acceptShrink = false): string[] =>
      trust({ settings: settings({ acceptedIndex, acceptShrink }), cluster: clusterView({ index }) });
    const unmatched = (names: string): string[] => [
      `acceptance-unmatched --accept-shrink: it names ${names} and the index is of 2026-11-21T12:00:00.000Z: it has no effect`,
    ];
    expect([accepts('none'), accepts(NOW - HOUR), accepts(null), accepts(NOW, true)]).toEqual([
      unmatched('none'),
      unmatched('2026-11-21T11:00:00.000Z'),
      [],
      [],
    ]);
    const marker = (objectAt: number): string[] =>
      trust({ bucket: { ...CONTEXT.bucket, marker: { state: 'read', marker: { at: NOW, copied: false }, objectAt } } });
    expect([marker(NOW), marker(NOW + 2 * HOUR)]).toEqual([
      [],
      [
        'bucket-copied bucket: the marker says that it was written at 2026-11-21T12:00:00.000Z, and the object is of 2026-11-21T14:00:00.000Z: times in this bucket tell no order; when the copy is complete: volsync-prewarm mark-bucket',
      ],
    ]);
  });

  it('by how much a clock differs', () => {
    const said = (skew: number): string | undefined => clockFindings(skew)[0]?.message;
    const told = (words: string): string =>
      `the clock of the node is ${words} the API server's, whose time is used instead`;
    expect([said(MINUTE), said(-MINUTE), said(MINUTE + 1), said(-2 * MINUTE)]).toEqual([
      undefined,
      undefined,
      told('1m behind'),
      told('2m ahead of'),
    ]);
    expect([
      worthCorrecting(null),
      worthCorrecting(5 * SECOND - 1),
      worthCorrecting(5 * SECOND),
      worthCorrecting(-5 * SECOND),
    ]).toEqual([0, 0, 5 * SECOND, -5 * SECOND]);
    expect([skewAgainst(HOUR, null), skewAgainst(SECOND, HOUR)]).toEqual([0, HOUR - SECOND]);
    expect([isClockWrong(5 * MINUTE), isClockWrong(-5 * MINUTE - 1)]).toEqual([false, true]);
  });

  it('what is done in this pass, once', () => {
    const once = (['capacity-assumed', 'mover-unprivileged', 'sync-failing'] as const).map((reason) =>
      isSaidOnce({ reason, about: '', message: '' }),
    );
    expect(once).toEqual([true, true, false]);
  });

  it('which annotations cannot be read, and what is odd about the snapshots', () => {
    const texts = (facts: Facts): string[] =>
      findingsOf([one(facts)], CONTEXT).map(({ reason, message }) => `${reason}: ${message}`);
    const unread = [
      { annotation: 'volsync-prewarm/priority', value: 'x'.repeat(70) },
      { annotation: 'volsync-prewarm/mover', value: '1' },
    ];
    expect(texts({ claimObject: claim({ unread }) })).toEqual([
      `annotation-invalid: volsync-prewarm/priority: "${'x'.repeat(60)}" is ignored, because it is not a number`,
      'annotation-invalid: volsync-prewarm/mover: "1" is ignored, because it is not uid:gid:fsGroup, three numbers',
    ]);
    expect(texts({ probe: listed([snapshot(OLD, NOW - 24 * HOUR)]) })).toContain(
      `snapshots-vanished: snapshot ${NEWEST} is gone`,
    );
    const byTime = { destination: destination({ spec: { ...destination().spec, restoreAsOf: NOW } }) };
    expect(texts(byTime)).toEqual([`snapshot-from-the-future: the restore point is made as of the time of ${NEWEST}`]);
    const gone = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'backup-gone' } } as const;
    expect(texts(gone)).toContain('backup-gone: three complete listings do not show the repository');
    expect(texts({ ...gone, claimObject: null, source: null, sources: [], destination: null, live: false })).toEqual([
      'backup-gone: three complete listings do not show the repository, and the record of its claim is still in the bucket; if it was deleted on purpose: volsync-prewarm run --accept-shrink none',
    ]);
  });
});
