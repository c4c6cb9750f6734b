const NOTHING = 0x811c9dc5;

/**
 * FNV-1a: spreads names evenly, the same on every machine.
 * @param before the hash of what stands before this text: `hash(b, hash(a))` is the hash of `ab`
 */
export function hash(text: string, before = NOTHING): number {
  let value = before;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
