const UNITS: Record<string, number> = {
  '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15,
  Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5,
}; // prettier-ignore

/** The bytes of a quantity such as `10Gi` or `500M`; 0 for what is none. */
export function quantityBytes(quantity: string): number {
  const [, number = '0', unit = ''] = /^([0-9.]+)(?:e0)?([kMGTP]i?|Ki)?$/.exec(quantity) ?? [];
  return Math.ceil(Number(number) * (UNITS[unit] ?? 1));
}
