/** What a destination remembers: its annotations, read into a narrow type and written back, in one place. */
import { formatMoverUser, parseMoverUser } from '../mover-user.ts';
import { ANNOTATION } from '../naming.ts';
import { parseTime } from '../time.ts';
import { copied, sameAs, text, word, type Fields } from './read.ts';
import type { Memory, Missed, Tries } from '../memory.ts';

/**
 * Reads the annotations of a destination. What cannot be read is not remembered.
 * @param latestImage the name of its latest image: as a rule it is the one that was proven, and one text is enough for both
 */
export function parseMemory(annotations: Fields, latestImage: string | null = null): Memory {
  const of = (key: keyof typeof ANNOTATION): string | null => text(annotations, ANNOTATION[key]);
  const wordOf = (key: keyof typeof ANNOTATION): string | null => word(annotations, ANNOTATION[key]);
  const verifiedImage = sameAs(latestImage, of('verifiedImage'));
  const verifiedSnapshot = of('verifiedSnapshot');
  const suspectImage = of('suspectImage');
  const size = of('restoreSize');
  const classes = of('classes');
  const verified = verifiedSnapshot && {
    image: verifiedImage ?? '',
    id: verifiedSnapshot,
    at: parseTime(of('verifiedSnapshotAt')),
  };
  return {
    verified: verified || null,
    verifiedAddress: of('verifiedAddress'),
    provenImage: verifiedImage,
    provenImages: parseImages(of('provenImages') ?? '', verified || null),
    restoreSize: size !== null && /^[0-9]{1,19}$/.test(size) ? Number(size) : null,
    suspect: suspectImage === null ? null : { image: suspectImage, reason: of('suspectReason') ?? 'image-empty' },
    secondTry: of('secondTry'),
    capacityFrom: wordOf('capacityFrom'),
    hungOnLarger: of('hungOnLarger'),
    askedAt: parseTime(of('askedAt')),
    askedFor: of('askedFor'),
    askedAddress: of('askedAddress'),
    baseVersion: wordOf('baseVersion'),
    missed: parseMissed(of('missedListings')),
    tries: parseTries(of('tries')),
    mover: parseMoverUser(of('mover') ?? ''),
    moverFrom: of('moverFrom') === 'source' ? 'source' : null,
    fresh: of('fresh'),
    accept: of('accept'),
    newest: of('newestSnapshot'),
    holdUntil: parseUtc(of('holdUntil')),
    nextBackup: parseUtc(of('nextBackup')),
    nudgedAt: parseTime(of('nudged')),
    classes: classes === null ? NONE : classes.replaceAll(' ', '').split(',').filter(Boolean),
  };
}

const UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

/** The policies compare these times as text: any other form than UTC counts as absent. */
function parseUtc(value: string | null): number | null {
  return value !== null && UTC.test(value) ? parseTime(value) : null;
}

const NONE: readonly never[] = [];

function parseImages(value: string, verified: Memory['verified']): Memory['provenImages'] {
  if (value === '') return NONE;
  // The newest one is what is verified, as a rule, and the only one: parts of this text would keep the whole of it.
  if (verified !== null && value === `${verified.image}=${verified.id}`)
    return [{ image: verified.image, id: verified.id }];
  return value.split(',').flatMap((one) => {
    const [image = '', id = ''] = one.split('=');
    return image === '' || id === '' ? [] : { image: copied(image), id: copied(id) };
  });
}

/** `<n> <time>` */
function parseMissed(value: string | null): Missed | null {
  const [, count, at] = /^([0-9]{1,6})(?: (\S+))?$/.exec(value ?? '') ?? [];
  return count === undefined ? null : { count: Number(count), at: parseTime(at) ?? 0 };
}

/** `<n> <time> <8 hex> <failed pods>` */
function parseTries(value: string | null): Tries | null {
  const match = /^([1-9][0-9]{0,5}) (\S{1,40}) ([0-9a-f]{8}) ([0-9]{1,6})$/.exec(value ?? '');
  const at = parseTime(match?.[2]);
  if (match === null || at === null) return null;
  return { count: Number(match[1]), at, inputs: match[3] ?? '', failed: Number(match[4]) };
}

function formatTries(tries: Tries | null): string | null {
  return tries && `${tries.count} ${iso(tries.at)} ${tries.inputs} ${tries.failed}`;
}

/** The annotations that say it, in alphabetical order. */
export function formatMemory(memory: Memory): Record<string, string> {
  return Object.fromEntries(
    Object.entries(patchOf(memory)).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** The same for a merge patch: null takes away what is not remembered any more. */
export function patchOf(memory: Memory): Record<string, string | null> {
  const { verified, suspect, missed, tries, mover } = memory;
  return {
    [ANNOTATION.askedAddress]: memory.askedAddress,
    [ANNOTATION.askedAt]: iso(memory.askedAt),
    [ANNOTATION.askedFor]: memory.askedFor,
    [ANNOTATION.baseVersion]: memory.baseVersion,
    [ANNOTATION.capacityFrom]: memory.capacityFrom,
    [ANNOTATION.fresh]: memory.fresh,
    [ANNOTATION.holdUntil]: iso(memory.holdUntil),
    [ANNOTATION.hungOnLarger]: memory.hungOnLarger,
    [ANNOTATION.missedListings]: missed && `${missed.count} ${iso(missed.at)}`,
    [ANNOTATION.mover]: mover && formatMoverUser(mover),
    [ANNOTATION.moverFrom]: memory.moverFrom,
    [ANNOTATION.newestSnapshot]: memory.newest,
    [ANNOTATION.nextBackup]: iso(memory.nextBackup),
    [ANNOTATION.nudged]: iso(memory.nudgedAt),
    [ANNOTATION.provenImages]: memory.provenImages.map(({ image, id }) => `${image}=${id}`).join(',') || null,
    [ANNOTATION.restoreSize]: memory.restoreSize?.toString() ?? null,
    [ANNOTATION.secondTry]: memory.secondTry,
    [ANNOTATION.suspectImage]: suspect?.image ?? null,
    [ANNOTATION.suspectReason]: suspect?.reason ?? null,
    [ANNOTATION.tries]: formatTries(tries),
    [ANNOTATION.verifiedAddress]: memory.verifiedAddress,
    [ANNOTATION.verifiedImage]: verified?.image ?? memory.provenImage,
    [ANNOTATION.verifiedSnapshot]: verified?.id ?? null,
    [ANNOTATION.verifiedSnapshotAt]: iso(verified?.at ?? null),
  };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
