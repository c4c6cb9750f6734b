/**
 * The bucket's marker: one object that says that this bucket was seen with repositories, and when it was written. A copy of the
 * bucket has copies of its words and an object time of its own, which tells the two apart.
 */
import { PRODUCT } from './naming.ts';
import { parseTime } from './time.ts';

export interface Marker {
  /** when it was written, in milliseconds by the bucket's clock */
  at: number;
  /** a person has confirmed that what is older was copied here: its times are those of the copy */
  copied: boolean;
}

/** What a look at the marker gave. */
export type MarkerLook =
  | { state: 'read'; marker: Marker; /** when the object was written */ objectAt: number }
  /** it is not there, is no marker, or may not be read: nothing is known of copies, and nobody looks again */
  | { state: 'unreadable' }
  | { state: 'failed' };

/** A marker is written in a moment. Clocks differ, and zones are mixed up, by less than this. */
export const COPY_DIFFERS = 60 * 60_000;

/** The object as it is stored. */
export function markerBody({ at, copied }: Marker): string {
  return `${JSON.stringify({ markedBy: PRODUCT, at: new Date(at).toISOString(), ...(copied && { copied }) })}\n`;
}

/** Reads it; null for everything else. */
export function parseMarker(text: string): Marker | null {
  const found = /^\{"markedBy":"[a-z-]+","at":"([0-9TZ:.-]{20,30})"(,"copied":true)?\}\s*$/.exec(text);
  const at = parseTime(found?.[1]);
  return found === null || at === null ? null : { at, copied: found[2] !== undefined };
}

/** Whether this bucket is a copy that nobody has confirmed yet. */
export function isCopy(look: MarkerLook | null): boolean {
  return look?.state === 'read' && Math.abs(look.objectAt - look.marker.at) > COPY_DIFFERS;
}

const UNREADABLE = 'unreadable';

/** What the index remembers of a look, so that the next run needs none; null: it has to look again. */
export function rememberedMarker(look: MarkerLook): string | null {
  if (look.state === 'unreadable') return UNREADABLE;
  if (look.state === 'failed' || isCopy(look)) return null;
  const { at, copied } = look.marker;
  return `${new Date(at).toISOString()}${copied ? ' copied' : ''}`;
}

/** From when on the times of objects are those of their making, by what the index remembers; -Infinity: always. */
export function timesByIndex(remembered: string | null): number {
  if (remembered === null || !remembered.includes(' copied')) return -Infinity;
  const [time, copied] = remembered.split(' ');
  return copied === 'copied' ? (parseTime(time) ?? -Infinity) : -Infinity;
}
