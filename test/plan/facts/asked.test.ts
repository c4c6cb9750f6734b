/** F9: an image whose snapshot is not in the listing, and the address that was asked for it. */
import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../../src/memory.ts';
import { doubted, ownAddress } from '../../../src/plan/facts/asked.ts';
import type { Contents } from '../../../src/plan/facts/contents.ts';
import type { Repository } from '../../../src/plan/facts/repositories.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { LATER, NEWEST, base, destination, foreign, settings, situation } from '../../support/build.ts';

const UNLISTED: Contents = { state: 'unlisted', id: LATER };
const FOREIGN: Contents = { state: 'empty', why: 'image-foreign', fresh: true };
const OWN = 's3:http://rustfs.example:9000/volsync-backups/media/plex-config';
const OTHER = 's3:http://rustfs.example:9000/volsync-backups/home/paperless';
const asked = (askedAddress: string | null): Partial<Situation> => ({
  destination: destination({ memory: { ...NO_MEMORY, askedAddress } }),
});
const LAYOUT: Repository = {
  where: { kind: 'layout' },
  key: OWN,
  shown: OWN,
  secret: null,
  sources: [],
  restored: true,
};

describe('F9: an unlisted snapshot', () => {
  it.each<[string, Contents, Partial<Situation>]>([
    ['of our own place is only unlisted', UNLISTED, asked(OWN)],
    ['of our own place with a slash at its end is, too', UNLISTED, asked(`${OWN}/`)],
    ['that was asked of another place is somebody else’s', FOREIGN, asked(OTHER)],
    ['that was asked of what is no address is, too', FOREIGN, asked('nonsense')],
    ['is only unlisted where nobody knows what was asked', UNLISTED, asked(null)],
    [
      'is somebody else’s when our Secret names another place now',
      FOREIGN,
      { ...asked(OWN), credentials: { state: 'ours', differs: [], address: OTHER } },
    ],
    [
      'is only unlisted when our Secret names our own place',
      UNLISTED,
      { ...asked(OWN), credentials: { state: 'ours', differs: [], address: OWN } },
    ],
    [
      'is only unlisted when the Secret is somebody else’s',
      UNLISTED,
      { ...asked(OWN), credentials: { state: 'foreign' } },
    ],
    ['is only unlisted where the Secret was not read', UNLISTED, { ...asked(OWN), credentials: null }],
    ['is only unlisted where nobody has looked', UNLISTED, { ...asked(OTHER), probe: null }],
    [
      'is only unlisted where nobody could look',
      UNLISTED,
      { ...asked(OTHER), probe: { state: 'unknown', reason: 'listing-failed', message: '' } },
    ],
    [
      'is only unlisted on somebody else’s destination',
      UNLISTED,
      { destination: foreign({ memory: { ...NO_MEMORY, askedAddress: OTHER } }) },
    ],
    ['is only unlisted without a destination', UNLISTED, { destination: null }],
    [
      'is only unlisted where somebody’s own Secret names the place',
      UNLISTED,
      { ...asked(OTHER), repository: { ...LAYOUT, secret: 'own' } },
    ],
    ['is somebody else’s at the layout path, too', FOREIGN, { ...asked(OTHER), repository: LAYOUT }],
    ['of our own place is only unlisted where the base was not read', UNLISTED, { ...asked(OWN), base: null }],
    [
      'of our own place under another name of the bucket is somebody else’s',
      FOREIGN,
      { ...asked('s3:http://other.example/volsync-backups/media/plex-config') },
    ],
    [
      'of the place that the base names is somebody else’s where that is another bucket',
      FOREIGN,
      {
        ...asked('s3:http://other.example/b/media/plex-config'),
        base: base({ repositoryBase: 's3:http://other.example/b' }),
      },
    ],
  ])('%s', (_, contents, facts) => {
    const { claim, namespace } = situation();
    expect(doubted(UNLISTED, { ...situation(), ...facts, claim, namespace }, settings())).toEqual(contents);
  });

  it('is the only one that is doubted', () => {
    const proven: Contents = { state: 'proven', id: NEWEST, fresh: true };
    expect(doubted(proven, { ...situation(), ...asked(OTHER) }, settings())).toBe(proven);
  });

  it('is asked for at one address, however the base spells it; at none without a base', () => {
    const at = (repositoryBase: string | null): string | null =>
      ownAddress({
        namespace: 'media',
        claim: 'plex-config',
        base: repositoryBase === null ? null : base({ repositoryBase }),
      });
    const key = 's3:rustfs.example:9000/volsync-backups/media/plex-config';
    expect([
      at('s3:http://rustfs.example:9000/volsync-backups/'),
      at(' s3:http://rustfs.example:9000/volsync-backups\n'),
    ]).toEqual([key, key]);
    expect([
      at(''),
      at(null),
      ownAddress({ namespace: 'a', claim: 'b', base: { version: 'v', content: null } }),
    ]).toEqual([null, null, null]);
  });
});
