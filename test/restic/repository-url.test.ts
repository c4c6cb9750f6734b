import { describe, expect, it } from 'vitest';
import { parseRepositoryBase, pointsAtListedBucket } from '../../src/restic/repository-url.ts';
import { settings } from '../support/build.ts';

function points(base: string, overrides: Parameters<typeof settings>[0] = {}): boolean {
  return pointsAtListedBucket(base, settings(overrides));
}

describe('base credentials point at the listed bucket', () => {
  it.each([
    's3:http://rustfs.example:9000/volsync-backups',
    's3:http://rustfs.example:9000/volsync-backups/',
    's3:http://rustfs.example:9000/volsync-backups//',
    's3:http://RUSTFS.example:9000/volsync-backups',
    's3:https://rustfs.example:9000/volsync-backups',
    's3:rustfs.example:9000/volsync-backups',
    's3://rustfs.example:9000/volsync-backups',
    ' s3:http://rustfs.example:9000/volsync-backups\n',
  ])('%s', (base) => {
    expect(points(base)).toBe(true);
  });

  it('with the port of the scheme when none is named', () => {
    expect(points('s3:http://rustfs.example/volsync-backups', { endpoint: 'http://rustfs.example:80' })).toBe(true);
    expect(points('s3:https://rustfs.example/volsync-backups', { endpoint: 'https://rustfs.example' })).toBe(true);
    expect(points('s3:https://rustfs.example/volsync-backups', { endpoint: 'http://rustfs.example' })).toBe(false);
  });

  it('with the prefix that is listed, not above and not below it', () => {
    const team = { prefix: 'team-a/' };
    expect(points('s3:http://rustfs.example:9000/volsync-backups/team-a/', team)).toBe(true);
    expect(points('s3:http://rustfs.example:9000/volsync-backups/', team)).toBe(false);
    expect(points('s3:http://rustfs.example:9000/volsync-backups/team-a/x', team)).toBe(false);
    expect(points('s3:http://rustfs.example:9000/volsync-backups/team-a')).toBe(false);
  });

  it('by an --endpoint-alias, with or without a port', () => {
    const alias = { endpointAliases: ['10.0.0.5:9000', 'nas'] };
    expect(points('s3:http://10.0.0.5:9000/volsync-backups', alias)).toBe(true);
    expect(points('s3:http://nas:9000/volsync-backups', alias)).toBe(true);
    expect(points('s3:http://nas:9001/volsync-backups', alias)).toBe(false);
    expect(points('s3:http://10.0.0.5:9000/volsync-backups')).toBe(false);
  });

  it('on AWS itself, in any of its regions', () => {
    const aws = { endpoint: null };
    expect(points('s3:s3.amazonaws.com/volsync-backups', aws)).toBe(true);
    expect(points('s3:https://s3.eu-west-1.amazonaws.com/volsync-backups', aws)).toBe(true);
    expect(points('s3:http://rustfs.example:9000/volsync-backups', aws)).toBe(false);
  });
});

describe('base credentials point elsewhere: repository-mismatch', () => {
  it.each([
    's3:http://rustfs.example:9000/volsync-backup',
    's3:http://rustfs.example:9001/volsync-backups',
    's3:http://other.example:9000/volsync-backups',
    's3:http://rustfs.example:9000',
    's3:http://rustfs.example:9000/',
    'b2:volsync-backups:/',
    'rest:http://rustfs.example:9000/volsync-backups',
    '/volsync-backups',
    '',
  ])('%s', (base) => {
    expect(points(base)).toBe(false);
  });

  it('on a host that only looks like AWS', () => {
    expect(points('s3:https://evilamazonaws.com/volsync-backups', { endpoint: null })).toBe(false);
  });
});

describe('a repository base', () => {
  it('is taken apart', () => {
    expect(parseRepositoryBase('s3:http://Rustfs.example/volsync-backups/team-a/')).toEqual({
      host: 'rustfs.example:80',
      bucket: 'volsync-backups',
      path: 'team-a',
    });
    expect(parseRepositoryBase('volsync-backups')).toBeNull();
  });
});
