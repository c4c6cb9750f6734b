/** The truth table: every situation that the policies meet, and what each overlay makes of it. */
import { filledFromGit, inGit } from './rows/git.ts';
import { entries, listedClaims } from './rows/hold.ts';
import { claims, restorePoints } from './rows/restore.ts';
import { handedOverReferences, modes, suspects, optOut, references, sizes } from './rows/shape.ts';
import { primes } from './rows/prime.ts';
import { sources } from './rows/source.ts';
import { states } from './rows/states.ts';
import type { Group } from './words.ts';

export const GROUPS: readonly Group[] = [
  restorePoints,
  claims,
  entries,
  listedClaims,
  ...states,
  sources,
  sizes,
  modes,
  suspects,
  references,
  handedOverReferences,
  inGit,
  filledFromGit,
  ...primes,
  optOut,
];
