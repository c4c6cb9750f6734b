import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIndexEntry, parseIndexEntry } from '../../src/index/entry.ts';
import { claimOfIndexKey, indexKey, indexName, shardOf } from '../../src/naming.ts';

const AT = '2026-11-21T11:00:00.000Z';
const WARM = `attach warm 0a1b2c3d ${AT}`;

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
