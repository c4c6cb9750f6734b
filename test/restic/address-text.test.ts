import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/restic/address.ts';
import { formatAddress, maskAddress } from '../../src/restic/address-text.ts';

describe('F18: an address that a person reads has no userinfo', () => {
  it.each([
    ['s3:http://user:secret@nas.example:9000/backups', 's3:http://***@nas.example:9000/backups'],
    ['s3:http://secret@nas.example/backups', 's3:http://***@nas.example/backups'],
    ['rest:https://user:se/cr@et@nas.example:8000/plex', 'rest:https://***@nas.example:8000/plex'],
    ['rest:https://user:se@cr@et@nas.example:8000/plex', 'rest:https://***@nas.example:8000/plex'],
    ['sftp:user:secret@nas:/plex', 'sftp:***@nas:/plex'],
    ['user:secret@nas', 'user:***@nas'],
    ['s3:http://nas.example/backups?X-Amz-Signature=secret', 's3:http://nas.example/backups'],
    ['s3:http://nas.example/backups#secret', 's3:http://nas.example/backups'],
  ])('%s → %s', (text, shown) => {
    expect(maskAddress(text)).toBe(shown);
  });

  it('an @ in the path stays', () => {
    expect(maskAddress('s3:http://nas.example:9000/backups/a@b')).toBe('s3:http://nas.example:9000/backups/a@b');
    expect(maskAddress('s3:http://[::1]:9000/backups/a@b')).toBe('s3:http://[::1]:9000/backups/a@b');
  });

  it('no control character reaches a terminal, and no line is endless', () => {
    expect(maskAddress('s3:http://nas/b\u001b[31m\nx\u202e')).toBe('s3:http://nas/b\\u{1b}[31m\\u{a}x\\u{202e}');
    expect(maskAddress(`s3:http://nas/b${'/'.repeat(1_000_000)}`)).toHaveLength(257);
  });
});

describe('an address that was read is written as restic would', () => {
  it.each([
    ['s3:http://u:p@NAS:9000/backups/plex/', 's3:http://nas:9000/backups/plex'],
    ['s3:nas/backups', 's3:https://nas:443/backups'],
    ['rest:https://u:p@nas/plex/', 'rest:https://nas/plex'],
    ['', 'no address (empty)'],
  ])('%s → %s', (text, shown) => {
    expect(formatAddress(parseAddress(text))).toBe(shown);
  });
});
