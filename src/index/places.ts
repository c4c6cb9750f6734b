/** What the index remembers of Secrets that others' objects name: the address, so that a steady state reads none of them. */
import { INDEX_KEY, claimOfIndexKey } from '../naming.ts';
import { addressKey, parseAddress } from '../restic/address.ts';
import { maskAddress } from '../restic/address-text.ts';
import type { SecretPlace, SecretRef } from '../secret-place.ts';

/** As long as an entry may be. */
const LONGEST = 256;

/** The key of a Secret in the index: a namespace has no dot, so the first one divides. */
export function placeKey({ namespace, secret }: SecretRef): string {
  return `${INDEX_KEY.place}${namespace}.${secret}`;
}

/** What is remembered of it; null for what has to be read again: it is one of ours, or not there, or its address cannot be told from this text. */
export function formatPlace(place: SecretPlace): string | null {
  if (place.state !== 'read' || place.shown.length > LONGEST) return null;
  const key = addressKey(place.address);
  return key !== null && key === addressKey(parseAddress(place.shown)) ? place.shown : null;
}

/** One parameter of an index object; null when it is none of these, and for garbage. */
export function parsePlace(key: string, value: string): { key: string; place: SecretPlace } | null {
  const ref = key.startsWith(INDEX_KEY.place) ? claimOfIndexKey(key.slice(INDEX_KEY.place.length)) : null;
  if (ref === null || value.length > LONGEST) return null;
  const found = { key: `${ref.namespace}/${ref.claim}` };
  const address = parseAddress(value);
  return addressKey(address) === null
    ? null
    : { ...found, place: { state: 'read', address, shown: maskAddress(value) } };
}
