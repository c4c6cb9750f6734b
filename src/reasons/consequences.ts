/** The columns of the table of reasons. A reason that lacks one does not compile. */

/** What the index tells the policies: attach the restore point, refuse the claim, or ignore it. */
export type IndexWord = 'attach' | 'refuse' | 'ignore';

export interface Consequences {
  means: string;
  /** what a person can do about it */
  todo: string;
  /** what the index says of a backup whose restore point is not usable for this reason */
  word: IndexWord;
  /** the exit code of a run that reports it */
  exit: 0 | 1 | 3;
  /** it passes without anybody doing anything */
  passes: boolean;
  /** something could not be observed: nothing is known, and nothing counts as absent */
  unseen: boolean;
  /** level of the finding in the log */
  level: 'info' | 'warn';
}

export const NOTHING = 'Nothing: the next run goes on by itself.';

/** The restore point is made when a claim waits for it. */
export const PASSING = { word: 'attach', exit: 0, passes: true, unseen: false, level: 'warn' } as const satisfies Omit<
  Consequences,
  'means' | 'todo'
>;
/** A person has to act or to decide. Meanwhile a claim waits. */
export const ATTACHED = { ...PASSING, passes: false } as const;
/** There is a backup, but a person has to correct something before it can be attached. */
export const REFUSED = { ...ATTACHED, word: 'refuse' } as const;
/** Unknown does not promise a restore point, so the claim is refused, and created again when more is known. */
export const UNSEEN = { ...REFUSED, unseen: true } as const;
/** Never restored, because of the settings or by its nature. Claims of these names are left alone. */
export const IGNORED = { ...ATTACHED, word: 'ignore' } as const;
