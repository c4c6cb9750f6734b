/** Quantities as the API server's CEL knows them: exact, comparable. */

const QUANTITY = /^([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?[0-9]+))?$/;

const TENS: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const TWOS: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

/** What Kubernetes rounds everything up to. */
const SCALE = 9;

export class Quantity {
  /** billionths */
  readonly nano: bigint;

  constructor(nano: bigint) {
    this.nano = nano;
  }
}

/** Reads a quantity (`10Gi`, `1.5e9`, `500m`); null when it is none. */
export function readQuantity(text: string): Quantity | null {
  const match = QUANTITY.exec(text);
  if (match === null) return null;
  const [, sign, number = '', suffix = '', exponent] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const tens = (exponent === undefined ? (TENS[suffix] ?? 0) : Number(exponent)) + SCALE - fraction.length;
  const digits = BigInt(`${whole}${fraction}`) << (TWOS[suffix] ?? 0n);
  const nano = tens >= 0 ? digits * 10n ** BigInt(tens) : ceiling(digits, 10n ** BigInt(-tens));
  return new Quantity(sign === '-' ? -nano : nano);
}

function ceiling(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
