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
      `src/selector.ts: '' ⇒ "Stryker was here!"`,
    ],
  },
  {
    why: 'For the compiler: an address of another backend has no bucket, so it is not the listed one anyway.',
    mutants: ["src/restic/listed-place.ts: address.backend !== 's3' ⇒ false"],
  },
  {
    why: 'For the compiler: what is no object has none of the fields, and no other kind of value is a whole number.',
    mutants: [
      "src/retain.ts: typeof value !== 'object' || value === null ⇒ false",
      "src/retain.ts: typeof value !== 'object' || value === null ⇒ typeof value !== 'object' && value === null",
      "src/retain.ts: typeof value !== 'object' ⇒ false",
      'src/retain.ts: value === null ⇒ false',
      "src/retain.ts: typeof count === 'number' ⇒ true",
    ],
  },
  {
    why: 'For the compiler: a text that is no time, whichever it is, and the word null is no tag.',
    mutants: [`src/time.ts: '' ⇒ "Stryker was here!"`, 'src/naming.ts: tag === null ⇒ false'],
  },
  {
    why: 'In a sample, too, what spares work answers the same.',
    mutants: [
      'src/index/shards.ts: count === 1 ⇒ false',
      'src/mover-spec.ts: restic[field] === undefined ⇒ false',
      'src/bucket/answer.ts: this.#waiting.length === 1 ⇒ false',
      'src/bucket/signature.ts: derived?.day === day ⇒ false',
    ],
  },
  {
    why: 'Two objects have the same weight for a name once in four thousand million names, and either will do.',
    mutants: ['src/index/shards.ts: one > most ⇒ one >= most'],
  },
  {
    why: 'Nothing is as good as false.',
    mutants: ['src/bucket/bucket.ts: () => false ⇒ () => undefined'],
  },
  {
    why: 'Another attempt follows such an error, and a person is told what all of them came to.',
    mutants: [
      `src/bucket/pool.ts: 'the server did not answer' ⇒ ""`,
      `src/bucket/pool.ts: 'no connection was established' ⇒ ""`,
      'src/bucket/pool.ts: `${what} within ${millis} ms` ⇒ ``',
    ],
  },
];
