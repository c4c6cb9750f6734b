import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/restic/address.ts';
import { pathInListedBucket, pointsAtListedBucket, type ListedPlace } from '../../src/restic/listed-place.ts';

const LISTED: ListedPlace = {
  bucket: 'volsync-backups',
  prefix: '',
  endpoint: 'http://rustfs.example:9000',
  endpointAliases: [],
  region: null,
  allowEndpoints: [],
};

function points(base: string, overrides: Partial<ListedPlace> = {}): boolean {
  return pointsAtListedBucket(base, { ...LISTED, ...overrides });
}

describe('base credentials point at the listed bucket', () => {
  it.each([
    's3:http://rustfs.example:9000/volsync-backups',
    's3:http://rustfs.example:9000/volsync-backups/',
    's3:http://RUSTFS.example:9000/volsync-backups',
    's3:https://rustfs.example:9000/volsync-backups',
    's3:rustfs.example:9000/volsync-backups',
    's3://rustfs.example:9000/volsync-backups',
    ' s3:http://rustfs.example:9000/volsync-backups\n',
  ])('%j', (base) => {
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

  it('R14: by a double slash in front of the prefix, which restic takes for another folder', () => {
    expect(points('s3:http://rustfs.example:9000/volsync-backups//team-a', { prefix: 'team-a/' })).toBe(false);
  });
});

describe('C33: an --endpoint-alias stands for the listed server', () => {
  it('with a port: on that port alone', () => {
    const alias = { endpointAliases: ['10.0.0.5:9001'] };
    expect(points('s3:http://10.0.0.5:9001/volsync-backups', alias)).toBe(true);
    expect(points('s3:http://10.0.0.5:9000/volsync-backups', alias)).toBe(false);
    expect(points('s3:http://10.0.0.5:9001/volsync-backups')).toBe(false);
  });

  it("without a port: on the scheme's default port and on the endpoint's", () => {
    const alias = { endpointAliases: ['s3.example.org'] };
    expect(points('s3:https://s3.example.org/volsync-backups', alias)).toBe(true);
    expect(points('s3:http://s3.example.org/volsync-backups', alias)).toBe(true);
    expect(points('s3:http://s3.example.org:9000/volsync-backups', alias)).toBe(true);
    expect(points('s3:https://s3.example.org:8443/volsync-backups', alias)).toBe(false);
  });

  it("with a scheme: on its own port or the scheme's", () => {
    const alias = { endpointAliases: ['https://s3.example.org', 'http://nas:9001/'] };
    expect(points('s3:https://s3.example.org/volsync-backups', alias)).toBe(true);
    expect(points('s3:http://s3.example.org/volsync-backups', alias)).toBe(false);
    expect(points('s3:http://nas:9001/volsync-backups', alias)).toBe(true);
  });

  it('by an IPv6 address', () => {
    const listed = { endpoint: 'http://[fd00::1]:9000', endpointAliases: ['[fd00::2]'] };
    expect(points('s3:http://[FD00::1]:9000/volsync-backups', listed)).toBe(true);
    expect(points('s3:http://[fd00::2]:9000/volsync-backups', listed)).toBe(true);
    expect(points('s3:http://[fd00::3]:9000/volsync-backups', listed)).toBe(false);
  });
});

describe('F24: on AWS another region or account is another place', () => {
  const aws = { endpoint: null, region: 'eu-west-1' };

  it.each([
    's3:s3.amazonaws.com/volsync-backups',
    's3:https://s3.eu-west-1.amazonaws.com/volsync-backups',
    's3:https://s3-eu-west-1.amazonaws.com/volsync-backups',
    's3:https://s3.dualstack.eu-west-1.amazonaws.com/volsync-backups',
    's3:http://s3.eu-west-1.amazonaws.com/volsync-backups',
  ])('%s is the listed one', (base) => {
    expect(points(base, aws)).toBe(true);
  });

  it.each([
    's3:https://s3.us-east-1.amazonaws.com/volsync-backups',
    's3:https://s3.cn-north-1.amazonaws.com.cn/volsync-backups',
    's3:https://s3.amazonaws.com.cn/volsync-backups',
    's3:https://tenant.s3.eu-west-1.amazonaws.com/volsync-backups',
    's3:https://tenant-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/volsync-backups',
    's3:https://execute-api.eu-west-1.amazonaws.com/volsync-backups',
    's3:https://s3.eu-west-1.amazonaws.com:8443/volsync-backups',
    's3:https://evilamazonaws.com/volsync-backups',
    's3:http://rustfs.example:9000/volsync-backups',
  ])('%s is another one', (base) => {
    expect(points(base, aws)).toBe(false);
  });

  it('an endpoint that names AWS is compared the same way', () => {
    const named = { endpoint: 'https://s3.eu-west-1.amazonaws.com' };
    expect(points('s3:s3.dualstack.eu-west-1.amazonaws.com/volsync-backups', named)).toBe(true);
    expect(points('s3:s3.us-east-1.amazonaws.com/volsync-backups', named)).toBe(false);
  });

  it('where no region is known, any region of the S3 service passes, and nothing else', () => {
    expect(points('s3:s3.us-east-1.amazonaws.com/volsync-backups', { endpoint: null })).toBe(true);
    expect(points('s3:tenant.s3.us-east-1.amazonaws.com/volsync-backups', { endpoint: null })).toBe(false);
  });
});

describe('the path of a repository in the listed bucket', () => {
  it.each([
    ['s3:http://rustfs.example:9000/volsync-backups/plex', '', 'plex'],
    ['s3:http://rustfs.example:9000/volsync-backups/team-a/media/plex', 'team-a/', 'media/plex'],
    ['s3:http://rustfs.example:9000/volsync-backups/team-b/plex', 'team-a/', null],
    ['s3:http://rustfs.example:9000/volsync-backups', '', null],
    ['s3:http://rustfs.example:9000/other/plex', '', null],
    ['rest:http://rustfs.example:9000/volsync-backups/plex', '', null],
  ])('%s below "%s": %s', (text, prefix, path) => {
    expect(pathInListedBucket(parseAddress(text), { ...LISTED, prefix })).toBe(path);
  });
});
