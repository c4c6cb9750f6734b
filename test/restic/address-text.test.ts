import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/restic/address.ts';
import { formatAddress, maskAddress, trimAddress } from '../../src/restic/address-text.ts';

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
    expect(maskAddress(`s3:http://nas/b${'/'.repeat(2000)}`)).toHaveLength(257);
  });

  it.each([
    ['is shown whole with 256 characters', 'x'.repeat(241), `s3:http://nas/b${'x'.repeat(241)}`],
    ['is cut behind them', 'x'.repeat(242), `s3:http://nas/b${'x'.repeat(241)}…`],
    ['says nothing of a query up to the longest address', `?${'x'.repeat(2032)}`, 's3:http://nas/b'],
    ['is a backend alone where it is longer', `?${'x'.repeat(2033)}`, 's3:…'],
  ])('a long one %s', (_, end, shown) => {
    expect(maskAddress(`s3:http://nas/b${end}`)).toBe(shown);
  });

  it.each([
    ['s3:http://user:', 's3:…'],
    ['rest:https://user:se/cr', 'rest:…'],
    ['user-of-a-server:', '…'],
  ])('nor has one whose password is longer than an address, cut or not: %s…', (begins, shown) => {
    const password = 'secret'.repeat(500);
    expect([maskAddress(`${begins}${password}@nas/b`), maskAddress(trimAddress(begins + password))]).toEqual([
      shown,
      shown,
    ]);
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
