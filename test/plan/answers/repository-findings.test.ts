import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/decisions.ts';
import type { ClusterView } from '../../../src/model.ts';
import {
  KEY,
  bucketView,
  clusterView,
  destination,
  foreign,
  listed,
  planOf,
  snapshots,
  source,
  spec,
  type World,
} from '../../support/build.ts';
import { place } from '../../support/place.ts';

function found(world: World, reason: Finding['reason']): Finding[] {
  return planOf(world).findings.filter((one) => one.reason === reason);
}

describe('repository-unclaimed', () => {
  const misplaced = ['', 'plex', 'sonarr'];
  const bucket = bucketView({ [KEY]: listed(snapshots()) }, { misplaced });

  it('C01: names the folders that are repositories at another depth, when nothing refers to them', () => {
    expect(found({ bucket }, 'repository-unclaimed')).toEqual([
      {
        reason: 'repository-unclaimed',
        about: 'bucket',
        message: 'repositories at another depth than namespace and claim: the bucket itself, plex, sonarr',
      },
    ]);
  });

  it('is silent about those that a source writes to', () => {
    const cluster = clusterView({
      sources: [source({ name: 'sonarr', claim: 'sonarr', secret: 'sonarr-secret' })],
      places: { 'media/sonarr-secret': place('s3:http://rustfs.example:9000/volsync-backups/sonarr') },
    });
    expect(found({ bucket, cluster }, 'repository-unclaimed').map(({ message }) => message)).toEqual([
      'repositories at another depth than namespace and claim: the bucket itself, plex',
    ]);
  });

  it('names ten and counts the others', () => {
    const many = bucketView({}, { misplaced: Array.from({ length: 13 }, (_, i) => `app-${i + 10}`) });
    expect(found({ bucket: many }, 'repository-unclaimed')[0]?.message).toMatch(/app-19, and 3 more$/);
  });
});

describe('repository-elsewhere', () => {
  const bucket = bucketView({ 'media/other': listed(snapshots()) });
  const cluster = (text: string): ClusterView =>
    clusterView({
      destinations: [],
      sources: [source({ secret: 'far' })],
      places: { 'media/far': place(text) },
    });

  it.each([
    ['rest:http://user:secret@nas:8000/plex', 'not listed: rest:http://***@nas:8000/plex'],
    ['s3:https://far.example/b/plex', 'not listed: s3:https://far.example/b/plex'],
    ['', 'not listed: no address'],
  ])('%s leaves its claim unknown and untouched, and shows no password', (text, message) => {
    const world = { bucket, cluster: cluster(text) };
    expect(found(world, 'repository-elsewhere')).toEqual([{ reason: 'repository-elsewhere', about: KEY, message }]);
    const entry = planOf(world).entries.find((one) => one.claim === 'plex-config');
    expect(entry).toMatchObject({ backup: { state: 'unknown', reason: 'repository-elsewhere' }, actions: [] });
  });

  it('spoils nobody else: other claims go on', () => {
    const both = clusterView({
      destinations: [destination(), foreign({ claim: 'other', name: 'other-restore' })],
      sources: [source(), source({ name: 'far', claim: 'other', secret: 'far' })],
      places: { 'media/far': place('b2:bucket:other'), 'media/other-volsync-secret': place('b2:bucket:other') },
    });
    const entries = planOf({ cluster: both }).entries.map(({ claim, backup }) => `${claim} ${backup.state}`);
    expect(entries).toEqual(['other unknown', 'plex-config present']);
  });
});

describe('destination-second', () => {
  it('names the adopted destination that does not restore the claim', () => {
    const second = foreign({ name: 'plex-dst', claim: '', adopted: true, claimNamed: 'plex-config' });
    const cluster = clusterView({ otherDestinations: [second] });
    expect(found({ cluster }, 'destination-second')).toEqual([
      { reason: 'destination-second', about: KEY, message: 'plex-dst is left alone' },
    ]);
  });
});

describe('C02: all sources of a claim count', () => {
  const sources = [
    source({ name: 'a-far', secret: 'far' }),
    source({ name: 'z-near', secret: 'plex-config-volsync-secret', moverLogs: 'snapshot cccccccc saved' }),
  ];
  const places = { 'media/far': place('s3:https://far.example/b/plex') };

  it('and the one that writes to this repository decides what is new', () => {
    const cluster = clusterView({ sources, places, destinations: [destination({ spec: spec() })] });
    const [claim] = planOf({ cluster }).claims;
    expect(claim?.writers.map(({ source: { name } }) => name)).toEqual(['z-near']);
    expect(claim?.source?.name).toBe('z-near');
  });
});
