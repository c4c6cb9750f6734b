/** Durations as `90s`, `5m`, `4m30s`; sizes as Kubernetes quantities. Pure; a value that cannot be read is null. */

const DURATION = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/** Reads a duration in Go's notation (h, m, s, ms) into milliseconds; `0` alone is allowed. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const match = text === '' ? null : DURATION.exec(text);
  if (match === null) return null;
  const [hours, minutes, seconds, millis] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round((hours ?? 0) * 3_600_000 + (minutes ?? 0) * 60_000 + (seconds ?? 0) * 1000 + (millis ?? 0));
}

/** Milliseconds as people write them: `4m30s`, `250ms`. */
export function formatDuration(millis: number): string {
  if (millis === 0) return '0s';
  if (millis < 1000) return `${Math.round(millis)}ms`;
  const seconds = Math.round(millis / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join('');
}

const QUANTITY = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:(Ki|Mi|Gi|Ti|Pi|Ei|m|k|M|G|T|P|E)|[eE]([+-]?[0-9]+))?$/;

const SUFFIX: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A cluster has few different sizes on many objects, so each text is parsed once. */
const known = new Map<string, number | null>();

/** Reads a Kubernetes quantity (`10Gi`, `1.5e9`, `500M`) into bytes, rounded up; null when it is no quantity. */
export function parseQuantity(text: string): number | null {
  let bytes = known.get(text);
  if (bytes === undefined) {
    bytes = readQuantity(text);
    if (known.size < 1000) known.set(text, bytes);
  }
  return bytes;
}

function readQuantity(text: string): number | null {
  const match = QUANTITY.exec(text);
  if (match === null) return null;
  const [, digits, suffix, exponent] = match;
  const factor = suffix === undefined ? 10 ** Number(exponent ?? 0) : (SUFFIX[suffix] ?? Number.NaN);
  const bytes = Math.ceil(Number(digits) * factor);
  return Number.isFinite(bytes) ? bytes : null;
}

const STEPS = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Bytes as a person reads them, in powers of 1024 and with at most one digit behind the point: `1.5Gi`. */
export function formatBytes(bytes: number): string {
  let [value, step] = [bytes, 0];
  while (value >= 1024 && step < STEPS.length - 1) [value, step] = [value / 1024, step + 1];
  return `${Math.round(value * 10) / 10}${STEPS[step] ?? ''}`;
}
