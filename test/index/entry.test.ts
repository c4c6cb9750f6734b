import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONGEST_ENTRY, formatIndexEntry, parseIndexEntry, reworded } from '../../src/index/entry.ts';
import { REASONS, type Reason } from '../../src/reasons.ts';
import { claimOfIndexKey, indexKey, indexName, shardOf } from '../../src/naming.ts';

const AT = '2026-11-21T11:00:00.000Z';
const WARM = `attach warm 0a1b2c3d ${AT}`;

const HEX = '0123456789abcdef'.split('');
const REASON_NAMES = Object.keys(REASONS).filter(isReasonName);

function isReasonName(name: string): name is Reason {
  return name in REASONS;
}

/** Whatever an entry can be asked to say: every reason, the longest names, addresses of any text. */
function words(): fc.Arbitrary<Parameters<typeof formatIndexEntry>[0]> {
  const id = fc.string({ unit: fc.constantFrom(...HEX), minLength: 8, maxLength: 8 });
  const at = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59.999Z') });
  const uid = fc.string({ unit: fc.constantFrom(...HEX, '-'), minLength: 1, maxLength: 64 });
  const none = fc.constant(null);
  return fc.record({
    word: fc.constantFrom('attach', 'refuse', 'ignore'),
    restorePoint: fc.constantFrom('warm', 'stale', 'warming', 'cold', 'suspect', 'blocked'),
    reason: fc.oneof(none, fc.constantFrom(...REASON_NAMES)),
    id,
    at: fc.oneof(none, at),
    repository: fc.oneof(none, fc.string({ unit: 'binary', maxLength: 400 })),
    missed: fc.oneof(none, fc.record({ count: fc.integer({ min: 0, max: 999 }), at })),
    tries: fc.oneof(none, fc.record({ count: fc.integer({ min: 1, max: 999_999 }), at, inputs: id, failed: fc.nat() })),
    origin: fc.oneof(
      none,
      fc.record({
        uid,
        origin: fc.constantFrom('fresh', 'restored', 'inherited', 'stale', 'missed'),
        held: fc.oneof(none, id),
        newest: fc.oneof(none, id),
        since: none,
      }),
      fc.record({ uid, origin: none, held: none, newest: none, since: at }),
    ),
    keep: fc.oneof(none, fc.constant({ hourly: 24, daily: 7, weekly: 52, monthly: 120, yearly: 100, within: '3d' })),
    recorded: fc.oneof(none, id),
  });
}

describe('a value', () => {
  test('reads back what it writes', () => {
    const words = {
      word: 'attach',
      restorePoint: 'cold',
      reason: 'queued',
      id: '0a1b2c3d',
      at: Date.parse(AT),
      repository: 's3:nas:9000/backups/plex data',
      origin: null,
      keep: null,
      recorded: null,
    } as const;
    const memory = {
      missed: { count: 2, at: 1_000 },
      tries: { count: 3, at: 2_000, inputs: '00c0ffee', failed: 0 },
    };
    const value = formatIndexEntry({ ...words, ...memory });
    expect(value).toBe(
      `attach cold:queued 0a1b2c3d ${AT} repo=s3:nas:9000/backups/plex%20data missed=2@1970-01-01T00:00:01.000Z tries=3@1970-01-01T00:00:02.000Z@00c0ffee`,
    );
    expect(parseIndexEntry(value)).toEqual({ ...words, ...memory, value });
    expect(formatIndexEntry({ ...words, reason: null, at: null, missed: null, tries: null, repository: null })).toBe(
      'attach cold 0a1b2c3d -',
    );
  });

  test('in full: word, restore point and reason, short id, time, and the listings that missed it', () => {
    const value = `refuse cold:destination-foreign 0a1b2c3d ${AT} missed=2@${AT}`;
    expect(parseIndexEntry(value)).toEqual({
      word: 'refuse',
      restorePoint: 'cold',
      reason: 'destination-foreign',
      id: '0a1b2c3d',
      at: Date.parse(AT),
      missed: { count: 2, at: Date.parse(AT) },
      tries: null,
      repository: null,
      origin: null,
      keep: null,
      recorded: null,
      value,
    });
  });

  test('without a reason, without a time, never missed', () => {
    expect(parseIndexEntry('attach warm 0a1b2c3d -')).toEqual({
      word: 'attach',
      restorePoint: 'warm',
      reason: null,
      id: '0a1b2c3d',
      at: null,
      missed: { count: 0, at: 0 },
      tries: null,
      repository: null,
      origin: null,
      keep: null,
      recorded: null,
      value: 'attach warm 0a1b2c3d -',
    });
  });

  test('how the claim began, what its source keeps and what was recorded are read back, in less than 256 bytes', () => {
    const memory = {
      origin: {
        uid: '0f9c2b66-3f7a-4a6e-9f63-1d1f1c1d2b3a',
        origin: 'stale',
        held: 'aaaaaaaa',
        newest: 'bbbbbbbb',
        since: null,
      },
      keep: { hourly: 24, daily: 7, within: '3d' },
      recorded: '0badcafe',
      repository: null,
    } as const;
    const about = { word: 'attach', restorePoint: 'stale', reason: null, id: 'bbbbbbbb', at: Date.parse(AT) } as const;
    const value = formatIndexEntry({ ...about, ...memory, missed: null, tries: null });
    expect(value.length).toBeLessThan(256);
    expect(parseIndexEntry(value)).toEqual({ ...about, ...memory, missed: { count: 0, at: 0 }, tries: null, value });
  });

  test('R8: an entry never has more than 256 bytes, and keeps what must not be forgotten', () => {
    fc.assert(
      fc.property(words(), fc.constantFrom(...REASON_NAMES), (given, reason) => {
        for (const value of [formatIndexEntry(given), reworded(formatIndexEntry(given), `refuse suspect:${reason}`)]) {
          expect(Buffer.byteLength(value)).toBeLessThanOrEqual(LONGEST_ENTRY);
          const { id, at, missed, origin } = given;
          expect(parseIndexEntry(value)).toMatchObject({ id, at, missed: missed ?? { count: 0, at: 0 }, origin });
        }
      }),
    );
  });

  test('R8: what does not fit goes in an order: tries and retention before the record, the record before the address', () => {
    const at = Date.parse(AT);
    const told = (repository: string): string[] =>
      formatIndexEntry({
        word: 'attach',
        restorePoint: 'cold',
        reason: 'capacity-unknown',
        id: '0a1b2c3d',
        at,
        repository,
        missed: { count: 1, at },
        tries: { count: 1, at, inputs: '00c0ffee', failed: 0 },
        origin: { uid: 'u'.repeat(36), origin: 'fresh', held: null, newest: null, since: null },
        keep: { hourly: 24 },
        recorded: '0badcafe',
      })
        .split(' ')
        .slice(4)
        .map((word) => word.slice(0, word.indexOf('=')));
    expect(told('s3:nas:9000/b')).toEqual(['repo', 'missed', 'tries', 'origin', 'keep', 'record']);
    expect(told(`s3:nas:9000/b/${'x'.repeat(20)}`)).toEqual(['repo', 'missed', 'origin', 'keep', 'record']);
    expect(told(`s3:nas:9000/b/${'x'.repeat(60)}`)).toEqual(['repo', 'missed', 'origin', 'record']);
    expect(told(`s3:nas:9000/b/${'x'.repeat(80)}`)).toEqual(['repo', 'missed', 'origin']);
    expect(told(`s3:nas:9000/b/${'é'.repeat(30)}`)).toEqual(['missed', 'origin']);
  });

  test('words that a later version adds are passed over', () => {
    const value = `${WARM} size=5Gi missed=1@${AT} class=fast`;
    expect(parseIndexEntry(value)).toMatchObject({ word: 'attach', missed: { count: 1, at: Date.parse(AT) }, value });
  });

  test.each([`${WARM} missed=x@${AT}`, `${WARM} missed=1`, `${WARM} missed=1234@${AT}`, `${WARM} unmissed=1@${AT}`])(
    'a count that cannot be read is none: %s',
    (value) => {
      expect(parseIndexEntry(value)?.missed).toEqual({ count: 0, at: 0 });
    },
  );

  test.each([
    '',
    'attach',
    'attach warm',
    'attach warm 0a1b2c3d',
    `allow warm 0a1b2c3d ${AT}`,
    `attach WARM 0a1b2c3d ${AT}`,
    `attach warm: 0a1b2c3d ${AT}`,
    `attach warm 0a1b2c3 ${AT}`,
    `attach warm 0a1b2c3g ${AT}`,
    `attach  warm 0a1b2c3d ${AT}`,
    ` ${WARM}`,
    `${WARM}\n`,
  ])('garbage is no entry: %j', (value) => {
    expect(parseIndexEntry(value)).toBeNull();
  });

  test('no text is an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseIndexEntry(text)?.value ?? text).toBe(text);
      }),
    );
  });
});

describe('a key', () => {
  test.each([
    ['media.plex', { namespace: 'media', claim: 'plex' }],
    ['media.plex.config', { namespace: 'media', claim: 'plex.config' }],
    ['a-b.c-d', { namespace: 'a-b', claim: 'c-d' }],
  ])('%s is a claim, and back', (key, ref) => {
    expect(claimOfIndexKey(key)).toEqual(ref);
    expect(indexKey(ref)).toBe(key);
  });

  test.each([
    '',
    'media',
    'media.',
    '.plex',
    '_generatedAt',
    '_onStale',
    '_unknown.media',
    'MEDIA.plex',
    'a b.c',
    'media.a/b',
  ])('%j is no claim', (key) => {
    expect(claimOfIndexKey(key)).toBeNull();
  });

  test('every claim survives being written and read, whatever dots its name has', () => {
    const part = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const claim = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(part, claim, (namespace, name) => {
        const ref = { namespace, claim: name };
        expect(claimOfIndexKey(indexKey(ref))).toEqual(ref);
      }),
    );
  });

  test('every index object has its number in its name', () => {
    expect([0, 1, 25, 99].map((number) => shardOf(indexName(number)))).toEqual([0, 1, 25, 99]);
  });
});
