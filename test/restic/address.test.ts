import { describe, expect, it } from 'vitest';
import { LONGEST_ADDRESS, addressKey, parseAddress } from '../../src/restic/address.ts';

const NAS = { backend: 's3', scheme: 'http', host: 'nas.example:9000', bucket: 'backups', path: 'media/plex' };

describe('an address of S3 is read in every form that restic takes', () => {
  it.each([
    's3:http://nas.example:9000/backups/media/plex',
    's3:http://nas.example:9000/backups/media/plex/',
    's3:http://nas.example:9000/backups/media//plex//',
    's3:http://nas.example:9000/backups/./media/x/../plex',
    's3:http://NAS.example:9000/backups/media/plex',
    's3:http://nas.example.:9000/backups/media/plex',
    's3:http://user:secret@nas.example:9000/backups/media/plex',
    's3:http://nas.example:9000/backups/media/plex?x=1#y',
    's3:http://nas.example:9000/backups/media%2Fplex',
    ' s3:http://nas.example:9000/backups/media/plex\n',
    's3:http://nas.example:9000/backups/media/plex\r\n',
  ])('%j', (text) => {
    expect(parseAddress(text)).toEqual(NAS);
  });

  it.each([
    ['s3:https://nas.example/backups/plex', 'https', 'nas.example:443'],
    ['s3:http://nas.example/backups/plex', 'http', 'nas.example:80'],
    ['s3:nas.example/backups/plex', 'https', 'nas.example:443'],
    ['s3:nas.example:9000/backups/plex', 'https', 'nas.example:9000'],
    ['s3://nas.example/backups/plex', 'https', 'nas.example:443'],
    ['s3:nas/backups/plex', 'https', 'nas:443'],
    ['s3:https://nas.example:/backups/plex', 'https', 'nas.example:443'],
    ['s3:https://nas.example:0443/backups/plex', 'https', 'nas.example:443'],
    ['s3:http://[fd00::1]:9000/backups/plex', 'http', '[fd00::1]:9000'],
    ['s3:https://[FD00::1]/backups/plex', 'https', '[fd00::1]:443'],
  ])('%s has its scheme and its port', (text, scheme, host) => {
    expect(parseAddress(text)).toEqual({ backend: 's3', scheme, host, bucket: 'backups', path: 'plex' });
  });

  it('a bucket may be the whole address', () => {
    expect(parseAddress('s3:http://nas.example:9000/backups')).toMatchObject({ bucket: 'backups', path: '' });
    expect(parseAddress('s3:http://nas.example:9000/backups/')).toMatchObject({ bucket: 'backups', path: '' });
  });

  it('R14: `bucket//prefix` is the folder `/prefix`, and not `prefix`', () => {
    expect(parseAddress('s3:http://nas.example:9000/backups//plex')).toMatchObject({
      bucket: 'backups',
      path: '/plex',
    });
  });

  it.each([
    ['../plex', '../plex'],
    ['../../plex', '../../plex'],
    ['media/../../plex', '../plex'],
    ['media/..', ''],
    ['/../plex', '/plex'],
    ['/media/../..', ''],
  ])('the way up in a path, %s, is read as Go cleans it: %j', (path, clean) => {
    expect(parseAddress(`s3:http://nas.example:9000/backups/${path}`)).toMatchObject({
      bucket: 'backups',
      path: clean,
    });
  });
});

describe('an address of another backend is known as one', () => {
  it.each([
    ['rest:https://nas.example:8000/plex/', 'rest', 'https://nas.example:8000/plex'],
    ['rest:https://user:pa/ss@nas.example:8000/plex', 'rest', 'https://nas.example:8000/plex'],
    ['rest:http://[::1]:8000/plex', 'rest', 'http://[::1]:8000/plex'],
    ['b2:backups:plex', 'b2', 'backups:plex'],
    ['sftp:user@nas:/srv/plex', 'sftp', 'user@nas:/srv/plex'],
    ['azure:backups:/plex', 'azure', 'backups:/plex'],
    ['gs:backups:/plex', 'gs', 'backups:/plex'],
    ['swift:backups:/plex', 'swift', 'backups:/plex'],
    ['rclone:remote:plex', 'rclone', 'remote:plex'],
    ['local:/srv/plex', 'local', '/srv/plex'],
    ['/srv/plex/', 'local', '/srv/plex'],
    ['../plex', 'local', '../plex'],
    ['C:\\plex', 'local', 'C:\\plex'],
    ['plex', 'local', 'plex'],
  ])('%s', (text, backend, rest) => {
    expect(parseAddress(text)).toEqual({ backend, rest });
  });
});

describe('what restic could not open is no address', () => {
  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['${BUCKET}:/plex', 'no-backend'],
    ['http://nas.example/backups/plex', 'no-backend'],
    ['s3:http://nas.example:9000', 'no-bucket'],
    ['s3:http://nas.example:9000/', 'no-bucket'],
    ['s3:http:///backups/plex', 'no-bucket'],
    ['s3:httpnas.example/backups', 'no-bucket'],
    ['s3:', 'no-bucket'],
    ['s3:user@nas.example/backups/plex', 'no-bucket'],
    ['s3:http://nas example/backups/plex', 'no-bucket'],
    ['s3:http://nas.example:port/backups/plex', 'no-bucket'],
    [`s3:http://${'a'.repeat(300)}/backups/plex`, 'no-bucket'],
  ])('%j: %s', (text, problem) => {
    expect(parseAddress(text)).toEqual({ backend: 'none', problem });
  });

  it('F10: a million slashes are too long to be looked at', () => {
    const slashes = '/'.repeat(LONGEST_ADDRESS);
    expect(parseAddress(`s3:http://nas.example/backups${'/'.repeat(1_000_000)}x`)).toEqual({
      backend: 'none',
      problem: 'too-long',
    });
    expect(parseAddress(`s3:http://nas/b${slashes}`.slice(0, LONGEST_ADDRESS))).toMatchObject({
      bucket: 'b',
      path: '',
    });
  });
});

describe('two addresses of one repository have one key', () => {
  it.each([
    ['s3:http://nas.example:9000/backups/plex', 's3:https://NAS.example:9000/backups/plex/'],
    ['s3:https://s3.amazonaws.com/backups/plex', 's3:https://s3.eu-west-1.amazonaws.com/backups/plex'],
    ['s3:s3.eu-west-1.amazonaws.com/backups', 's3:https://s3.dualstack.eu-west-1.amazonaws.com/backups/'],
    ['rest:https://a:b@nas:8000/plex', 'rest:https://nas:8000/plex/'],
  ])('%s and %s', (one, other) => {
    expect(addressKey(parseAddress(one))).toBe(addressKey(parseAddress(other)));
  });

  it.each([
    ['s3:http://nas.example:9000/backups/plex', 's3:http://nas.example:9001/backups/plex'],
    ['s3:http://nas.example:9000/backups/plex', 's3:http://nas.example:9000/Backups/plex'],
    ['s3:http://nas.example:9000/backups/plex', 's3:http://nas.example:9000/backups//plex'],
    ['s3:https://s3.amazonaws.com/backups', 's3:https://s3.cn-north-1.amazonaws.com.cn/backups'],
    ['s3:https://backups.s3.amazonaws.com/plex', 's3:https://s3.amazonaws.com/plex'],
  ])('%s and %s are two', (one, other) => {
    expect(addressKey(parseAddress(one))).not.toBe(addressKey(parseAddress(other)));
  });

  it('what is no address has none', () => {
    expect(addressKey(parseAddress('plex:'))).toBeNull();
  });
});
