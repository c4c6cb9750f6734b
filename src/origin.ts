/** How a bound claim got its data, as it is remembered: one word, and the snapshots that it is about. */
import { parseTime } from './time.ts';

export const PROVEN = ['fresh', 'restored', 'inherited'] as const;
export const DOUBTFUL = ['stale', 'missed'] as const;

export type Origin = (typeof PROVEN)[number] | (typeof DOUBTFUL)[number];

/** What is remembered of one claim's start. It belongs to one claim UID: another claim of the name starts anew. */
export interface OriginMemory {
  /** the claim's UID */
  uid: string;
  /** null = not decided yet: the first of two listings that showed no snapshot began at `since` */
  origin: Origin | null;
  /** short id of the snapshot that the claim was filled from, where it is proven */
  held: string | null;
  /** short id of the newest snapshot from before the claim */
  newest: string | null;
  /** milliseconds: while it is not decided; where it is restored, what lies between `newest` and this time does not count */
  since: number | null;
  /**
   * short id of a snapshot, newer than `newest`, of which nobody can tell whether it follows on that: the backup that saved it may be
   * of a claim that started without it. Until a person accepts the start of a claim that came later, it does not count, and stays
   */
  unsure?: string;
}

/** Its source keeps everything, and a person has to look. */
export function isDoubtful(origin: Origin | null): boolean {
  return DOUBTFUL.some((one) => one === origin);
}

/** `stale@<uid> held=aaaaaaaa newest=bbbbbbbb`, `pending@<uid> since=<time>`: one line for annotation, index entry and record. */
export function formatOrigin({ uid, origin, held, newest, since, unsure }: OriginMemory): string {
  return [
    `${origin ?? 'pending'}@${uid}`,
    ...(held === null ? [] : [`held=${held}`]),
    ...(newest === null ? [] : [`newest=${newest}`]),
    ...(since === null ? [] : [`since=${new Date(since).toISOString()}`]),
    ...(unsure === undefined ? [] : [`unsure=${unsure}`]),
  ].join(' ');
}

function hasTime(origin: Origin | null): boolean {
  return origin === null || origin === 'restored';
}

const ORIGIN = /^([a-z]+)@([0-9A-Za-z-]{1,64})((?: [a-z]+=\S{1,40}){0,4})$/;

/** Reads such a line; null for garbage, which is as good as no memory. */
export function parseOrigin(text: string | null | undefined): OriginMemory | null {
  const [, word, uid, extras = ''] = ORIGIN.exec(text ?? '') ?? [];
  const origin = [...PROVEN, ...DOUBTFUL].find((one) => one === word) ?? null;
  if (uid === undefined || (origin === null && word !== 'pending')) return null;
  const since = parseTime(/ since=(\S+)/.exec(extras)?.[1]);
  if (origin === null && since === null) return null;
  const unsure = origin === null ? null : idIn(extras, 'unsure');
  return {
    uid,
    origin,
    held: idIn(extras, 'held'),
    newest: idIn(extras, 'newest'),
    since: hasTime(origin) ? since : null,
    ...(unsure !== null && { unsure }),
  };
}

function idIn(extras: string, word: 'held' | 'newest' | 'unsure'): string | null {
  const found = extras.split(' ').find((one) => one.startsWith(`${word}=`));
  return /=([0-9a-f]{8})$/.exec(found ?? '')?.[1] ?? null;
}
