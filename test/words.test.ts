/** Names, tags, times, policies and fields of strangers: what is read, and what is not. */
import { describe, expect, it } from 'vitest';
import { canonical, moverFieldsFrom } from '../src/mover-spec.ts';
import { claimOfDestination, parseTag, shardOf } from '../src/naming.ts';
import { parseOrigin } from '../src/origin.ts';
import { parseRetain } from '../src/retain.ts';
import { clockSkew, parseTime } from '../src/time.ts';

it.each([
  ['volsync-prewarm-index', 0],
  ['volsync-prewarm-index-1', 1],
  ['volsync-prewarm-index-99', 99],
  ['volsync-prewarm-index-0', null],
  ['volsync-prewarm-index-100', null],
  ['a-volsync-prewarm-index', null],
])('the number of the index object %s is %s', (name, number) => {
  expect(shardOf(name)).toBe(number);
});

it.each([
  ['plex-restore', 'plex'],
  ['a-restore-restore', 'a-restore'],
  ['-restore', null],
  ['restore', null],
  ['a-long-name-of-another-form', null],
])('the destination %s serves %s', (name, claim) => {
  expect(claimOfDestination(name)).toBe(claim);
});

it.each([
  ['0a1b2c3d', { id: '0a1b2c3d', retry: 0 }],
  ['0a1b2c3d-r12', { id: '0a1b2c3d', retry: 12 }],
  ['0a1b2c3d-r0', null],
  ['0a1b2c3d-r1234567', null],
  ['x0a1b2c3d', null],
  ['0a1b2c3d-rx', null],
  ['by-hand', null],
  [null, null],
])('the tag %s', (tag, parsed) => {
  expect(parseTag(tag)).toEqual(parsed);
});

describe('a time', () => {
  it.each([
    ['2026-11-21T12:00:00Z', Date.UTC(2026, 10, 21, 12)],
    ['soon', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%s', (text, time) => {
    expect(parseTime(text)).toBe(time);
  });

  it("a server's clock minus ours, where its header tells it", () => {
    const now = Date.UTC(2026, 10, 21, 12);
    const headers = [
      'Sat, 21 Nov 2026 12:00:07 GMT',
      'Sat, 21 Nov 2026 11:59:00 GMT',
      'soon',
      undefined,
      ['2026'],
      2026,
    ];
    expect(headers.map((header) => clockSkew(header, now))).toEqual([7_000, -60_000, null, null, null, null]);
  });
});

it('how a claim began: a time belongs to what is pending or restored alone', () => {
  const since = Date.UTC(2026, 10, 21);
  const read = ['pending', 'restored', 'fresh', 'stale', 'other'].map(
    (word) => parseOrigin(`${word}@uid since=2026-11-21T00:00:00.000Z`)?.since,
  );
  expect(read).toEqual([since, since, null, null, undefined]);
});

it.each([
  [
    { hourly: 24, daily: 7, last: '3', within: '3d', other: 1 },
    { hourly: 24, daily: 7, last: '3', within: '3d' },
  ],
  [
    { weekly: 0, monthly: -1, yearly: 1 },
    { weekly: 0, monthly: -1, yearly: 1 },
  ],
  [{ hourly: 1.5, daily: '7', weekly: null }, null],
  [{ last: '', within: 3 }, null],
  [{}, null],
  [null, null],
  ['hourly=24', null],
  [undefined, null],
])('a policy of a manifest: %j is %j', (value, retain) => {
  expect(parseRetain(value)).toEqual(retain);
});

describe("a mover's fields", () => {
  it.each([
    [{ b: 1, a: [{ d: 1, c: 2 }] }, '{"a":[{"c":2,"d":1}],"b":1}'],
    ['x'.repeat(16 * 1024 - 2), `"${'x'.repeat(16 * 1024 - 2)}"`],
    ['x'.repeat(16 * 1024 - 1), null],
    [undefined, null],
    [null, null],
    [{}, null],
    [[], null],
    ['', null],
    [false, 'false'],
    [0, '0'],
  ])('%j', (value, text) => {
    expect(canonical(value)).toBe(text);
  });

  it('are those of VolSync that say something', () => {
    expect(
      moverFieldsFrom({ moverServiceAccount: 'backup', moverResources: {}, moverAffinity: null, unlock: 'x' }),
    ).toEqual({ moverServiceAccount: '"backup"' });
  });
});
