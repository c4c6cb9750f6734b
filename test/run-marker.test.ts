import { expect, it } from 'vitest';
import type { PublishedIndex } from '../src/decisions.ts';
import { MarkerKeeper } from '../src/run-marker.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const INDEX: PublishedIndex = { about: { _generatedAt: 'now' }, entries: new Map([['media.plex', 'attach']]) };

/** Keeps the marker of a bucket that takes it or says why not; its clock is a minute ahead. */
function keeper(problem: string | null): MarkerKeeper {
  const bucket = {
    readMarker: async () => ({ state: 'unreadable' as const }),
    mark: async () => problem,
    clockSkew: () => 60_000,
  };
  return new MarkerKeeper(bucket, () => NOW);
}

it('the index remembers the marker that this run has written, by the clock of the bucket', async () => {
  const marker = keeper(null);
  expect(marker.within(INDEX)).toBe(INDEX);

  expect([await marker.write(AbortSignal.any([])), await marker.write(AbortSignal.any([]))]).toEqual([null, undefined]);

  expect(marker.within(INDEX)).toEqual({
    about: { _generatedAt: 'now', _marker: '2026-11-21T12:01:00.000Z' },
    entries: INDEX.entries,
  });
  expect(marker.within(null)).toBeNull();
});

it('the index remembers none that could not be written, and what was read only by the next plan', async () => {
  const refused = keeper('403');
  expect([await refused.write(AbortSignal.any([])), refused.within(INDEX)]).toEqual(['403', INDEX]);

  const read = keeper(null);
  read.look = { state: 'read', marker: { at: NOW, copied: false }, objectAt: NOW };
  expect(read.within(INDEX)).toBe(INDEX);
});

it('the index remembers nothing of a look that failed', async () => {
  const marker = keeper('503');
  await marker.write(AbortSignal.any([]));
  marker.look = { state: 'failed' };
  expect(marker.within(INDEX)).toBe(INDEX);
});
