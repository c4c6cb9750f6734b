/** As in accepted.ts: mutants that may live in what is mutated as a sample, each with its reason. */
export interface Accepted {
  /** a sentence that ends with a full stop */
  why: string;
  mutants: readonly string[];
}

export const IN_SAMPLES: readonly Accepted[] = [
  {
    why: 'For the compiler: an element that is always there may be missing in its type.',
    mutants: [
      `src/restic/address.ts: '' ⇒ "Stryker was here!"`,
      'src/restic/host.ts: label !== undefined && label.length <= 32 ⇒ label !== undefined || label.length <= 32',
      'src/restic/host.ts: label !== undefined ⇒ true',
    ],
  },
  {
    why: 'For the compiler: an address of another backend has no bucket, so it is not the listed one anyway.',
    mutants: ["src/restic/listed-place.ts: address.backend !== 's3' ⇒ false"],
  },
  {
    why: 'In a sample, too, what spares work answers the same.',
    mutants: ['src/index/shards.ts: count === 1 ⇒ false'],
  },
  {
    why: 'Two objects have the same weight for a name once in four thousand million names, and either will do.',
    mutants: ['src/index/shards.ts: one > most ⇒ one >= most'],
  },
];
