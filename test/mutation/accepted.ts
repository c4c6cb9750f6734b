/**
 * Mutants that may live, each with its reason. They are named by the text that is replaced and what replaces it, as in
 * docs/reference/mutation.md, so that a move of lines changes nothing.
 */
export interface Accepted {
  /** a sentence that ends with a full stop */
  why: string;
  mutants: readonly string[];
}

export const ACCEPTED: readonly Accepted[] = [
  {
    why: 'The caller has asked this already; a function that deletes asks again, so that no later caller can forget it.',
    mutants: [
      'src/plan/restore/deletion.ts: destination?.managed !== true ⇒ false',
      'src/plan/restore/deletion.ts: destination?.managed ⇒ destination.managed',
      "src/plan/restore/deletion.ts: backup.state !== 'absent' ⇒ false",
      'src/plan/restore/deletion.ts: missedListings(claim).count < LISTINGS_UNTIL_ABSENT ⇒ false',
    ],
  },
  {
    why: 'For the compiler: the term next to it is false for null anyway.',
    mutants: [
      'src/plan/facts/backup.ts: generatedAt !== null ⇒ true',
      'src/plan/facts/backup.ts: s.probe !== null ⇒ true',
    ],
  },
  {
    why: 'A count of 0 stands beside the time 0, which is neither in the future nor within a period.',
    mutants: ['src/plan/facts/backup.ts: count > 0 ⇒ true', 'src/plan/facts/backup.ts: count > 0 ⇒ count >= 0'],
  },
];
