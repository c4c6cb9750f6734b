import { maskAddress } from '../../src/restic/address-text.ts';
import { parseAddress } from '../../src/restic/address.ts';
import type { SecretPlace } from '../../src/secret-place.ts';

/** A Secret that was read, with this RESTIC_REPOSITORY. */
export function place(text: string): SecretPlace {
  return { state: 'read', address: parseAddress(text), shown: maskAddress(text) };
}
