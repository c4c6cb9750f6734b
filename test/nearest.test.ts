import { expect, test } from 'vitest';
import { nearest } from '../src/nearest.ts';

test('the words that a typing mistake leads to, the closest first', () => {
  expect(nearest('media/plex-confg', ['media/plex-cache', 'media/plex-config', 'games/minecraft'])).toEqual([
    'media/plex-config',
    'media/plex-cache',
  ]);
});

test('a word that is like none of them', () => {
  expect(nearest('run', ['readiness', 'doctor'])).toEqual([]);
});
