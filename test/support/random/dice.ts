/** Chance that can be played again: the same seed gives the same throws. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, and without, `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** One of these. */
  pick<T>(from: readonly T[]): T {
    const found = from[this.below(from.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  /** One of these names, the heavier ones more often. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries<number>(weights);
    const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.next() * total;
    for (const [name, weight] of entries) {
      left -= weight;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key of the record
      if (left < 0) return name as Name;
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key of the record
    return entries[0]?.[0] as Name;
  }

  /** True so often of a hundred times. */
  percent(chance: number): boolean {
    return this.next() * 100 < chance;
  }
}

/** How many seeds, how many steps, and the first seed: `PREWARM_RANDOM=3000x60` asks for more, `PREWARM_RANDOM=1x60@17` plays one again. */
export function seedsWanted(
  seeds: number,
  steps: number,
  asked: string | undefined = process.env['PREWARM_RANDOM'],
): { seeds: number[]; steps: number } {
  const [, count, length, first] = /^(\d+)x(\d+)(?:@(\d+))?$/.exec(asked ?? '') ?? [];
  const from = Number(first ?? 1);
  const many = Number(count ?? seeds);
  return { seeds: Array.from({ length: many }, (_, index) => from + index), steps: Number(length ?? steps) };
}
