import { describe, expect, it } from 'vitest';
import { formatPlace, parsePlace, placeKey } from '../../src/index/places.ts';
import { indexView } from '../../src/index/view.ts';
import { addressKey } from '../../src/restic/address.ts';
import { settings, clusterView, destination, indexOf, planOf, source, NOW, MINUTE } from '../support/build.ts';
import { place } from '../support/place.ts';
import { placesToRead } from '../../src/plan/facts/repositories-wanted.ts';

const KEY = placeKey({ namespace: 'media', secret: 'plex.v2-secret' });

describe('what the index remembers of a Secret', () => {
  it.each([
    's3:http://rustfs.example:9000/volsync-backups/plex',
    's3:s3.eu-west-1.amazonaws.com/b/plex',
    'rest:http://nas:8000/plex',
    's3:http://user:geheim@rustfs.example:9000/volsync-backups/plex',
  ])('is the address, without userinfo: %s', (text) => {
    const value = formatPlace(place(text)) ?? '';
    expect(value).not.toContain('geheim');
    const found = parsePlace(KEY, value);
    expect(found?.key).toBe('media/plex.v2-secret');
    const told = place(text);
    expect(found?.place).toMatchObject({ state: 'read', shown: value });
    if (found?.place.state !== 'read' || told.state !== 'read') throw new Error('not read');
    expect(addressKey(found.place.address)).toBe(addressKey(told.address));
  });

  it.each([
    ['no address', place('')],
    ['an address that is too long', place(`s3:http://h/b/${'x'.repeat(300)}`)],
    ['a Secret that is not there', { state: 'absent', message: 'no' } as const],
    ['one of ours', { state: 'ours' } as const],
  ])('is nothing of %s', (_, told) => {
    expect(formatPlace(told)).toBeNull();
  });

  it.each([
    ['another key', 'media.plex', 's3:http://h/b/p'],
    ['no namespace', '_place.Media.x', 's3:http://h/b/p'],
    ['garbage', KEY, 'garbage:'],
    ['too much', KEY, `s3:http://h/b/${'x'.repeat(300)}`],
  ])('is not read from %s', (_, key, value) => {
    expect(parsePlace(key, value)).toBeNull();
  });

  it('is no entry of a claim', () => {
    const view = indexView([
      {
        number: 0,
        uid: 'u',
        resourceVersion: '1',
        selected: true,
        foreign: [],
        parameters: { [KEY]: 's3:http://h/b/p' },
      },
    ]);
    expect([...view.entries]).toEqual([]);
    expect([...view.places.keys()]).toEqual(['media/plex.v2-secret']);
  });
});

describe('the index', () => {
  const NAS = 's3:http://rustfs.example:9000/volsync-backups/plex';
  const cluster = clusterView({
    sources: [source({ name: 'plex', secret: 'plex-secret' })],
    places: { 'media/plex-secret': place(NAS), 'media/forgotten': place(NAS) },
  });

  it('has the places of Secrets that somebody names, and of no others', () => {
    const keys = [...(planOf({ cluster }).index?.entries.keys() ?? [])].filter((key) => key.startsWith('_'));
    expect(keys).toEqual(['_place.media.plex-secret']);
  });

  it('saves reading them, but for one in twelve in each run', () => {
    const sources = Array.from({ length: 120 }, (_, i) =>
      source({ name: `s-${i}`, claim: `c-${i}`, secret: `s-${i}` }),
    );
    const places = Object.fromEntries(sources.map(({ secret }) => [`media/${secret}`, place(NAS)]));
    const at = (minutes: number): number =>
      placesToRead(
        clusterView({
          destinations: [destination()],
          sources,
          places,
          index: indexOf({ _generatedAt: new Date(NOW).toISOString() }),
        }),
        settings(),
        NOW + minutes * MINUTE,
      ).length;
    expect(at(0)).toBe(0);
    expect(at(4)).toBe(0);
    expect(at(5)).toBeGreaterThan(2);
    expect(at(5)).toBeLessThan(25);
    expect(at(60)).toBe(120);
  });
});
