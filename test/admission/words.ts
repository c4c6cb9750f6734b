/** The words of the truth table: what is there, what is done, and what each overlay makes of it. */
import type { Fields, ObjectInput } from '../../sandbox/kube/objects.ts';

export const OVERLAYS = ['restore', 'safe', 'strict', 'observe'] as const;
export type Overlay = (typeof OVERLAYS)[number];

/**
 * What becomes of a claim:
 * `restored`: it refers to its destination, put there by the policies, and a usable image is there;
 * `waits`: the same, but the image or the destination is not there yet;
 * `starts empty`: a protected claim that refers to nothing;
 * `untouched`: a claim that is none of ours, or has said itself where its data is from, is as it was sent.
 */
export type Fate = 'restored' | 'waits' | 'starts empty' | 'untouched';

export interface Refused {
  refused: PolicyName;
  /** a piece of the message */
  saying: string;
}

/** The API server itself refuses: a policy's parameter is missing, and the name of the binding says which. */
export interface Missing {
  missing: 'gate-index-missing';
}

/** `observe` only tells what `safe` or `strict` would refuse. */
export interface Warned {
  fate: Fate;
  warned: PolicyName;
  saying: string;
}

export type Outcome = Fate | Refused | Warned | Missing;
export type PolicyName = 'gate' | 'gate-source' | 'shape' | 'prime' | 'opt-out' | 'restore' | 'hold';

/** How the claim arrives. */
export type Way = 'create' | 'apply' | 'dry run' | 'update';

/**
 * One situation. In every text `@ns` stands for the namespace that is made for the row, and `@ago 21m` for the time 21 minutes
 * ago.
 */
export interface Row {
  /** one sentence, that begins with the claim or what it meets */
  name: string;
  /** beside the claim: destinations with their status, sources */
  world: readonly ObjectInput[];
  /** what the index says in addition: `@ns.data` → `attach …` */
  index: Readonly<Record<string, string>>;
  claim: ObjectInput;
  way: Way;
  /** of an update: the claim before it */
  before: ObjectInput | null;
  outcome: Readonly<Record<Overlay, Outcome>>;
}

/** The index objects that all rows of a group share, beside the rows' own entries. */
export interface IndexState {
  /** keys of the first object; `_onStale` is the overlay's unless it is said here */
  first: Readonly<Record<string, string | null>>;
  /** keys of a second object; null when there is none */
  second: Readonly<Record<string, string>> | null;
  /** rows' entries are in the second object */
  entriesInSecond: boolean;
  /** no index object at all */
  absent: boolean;
  /** the first object carries no label of the index */
  unlabelled: boolean;
  /** the second object carries no label of the index */
  secondUnlabelled: boolean;
  /** what the second object is called */
  secondName: string;
}

export interface Group {
  title: string;
  state: IndexState;
  rows: readonly Row[];
}

export type { Fields, ObjectInput };
