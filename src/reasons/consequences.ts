/** The columns of the table of reasons: a reason that lacks one does not compile. */

/** The worker's word to the policies: give the claim its restore point, refuse it, or let it be. */
export type IndexWord = 'attach' | 'refuse' | 'ignore';

export interface Consequences {
  means: string;
  /** what a person can do about it */
  todo: string;
  /** the worker's word to the policies for a backup whose restore point is not usable for this reason */
  word: IndexWord;
  /** the exit code of a run that finds it */
  exit: 0 | 1 | 3;
  /** it goes away without anybody's hand */
  passes: boolean;
  /** a look failed: nothing is known, and nothing is taken for absent */
  unseen: boolean;
  /** how loud a finding is in the log */
  level: 'info' | 'warn';
}

export const NOTHING = 'Nothing: the next run goes on by itself.';

type Usual = Omit<Consequences, 'means' | 'todo'>;

/** It will be made when a claim waits for it. */
export const PASSING = { word: 'attach', exit: 0, passes: true, unseen: false, level: 'warn' } as const satisfies Usual;
/** Somebody's hand is needed, or a decision; a claim waits for it meanwhile. */
export const ATTACHED = { ...PASSING, passes: false } as const;
/** There is a backup, and somebody has to put something right before it can be attached. */
export const REFUSED = { ...ATTACHED, word: 'refuse' } as const;
/** Not known is not "it will be made": the claim is created again when it is known. */
export const UNSEEN = { ...REFUSED, unseen: true } as const;
/** It will never be restored, by the user's settings or by its nature: a claim of this name is none of ours. */
export const IGNORED = { ...ATTACHED, word: 'ignore' } as const;
