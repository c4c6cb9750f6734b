/** A claim that nobody knows: what may have been meant. */
import type { Plan } from '../../src/decisions.ts';
import { claimKey, refOf } from '../../src/naming.ts';
import { nearest } from '../../src/nearest.ts';
import { isWanted, type Scope } from '../../src/report/narrow.ts';

/** A line for people about a claim of this name in another namespace, else names that a typing mistake leads to; empty when there is none. */
export function didYouMean(claim: string, known: readonly string[]): string {
  const { claim: name } = refOf(claim);
  const elsewhere = known.filter((key) => refOf(key).claim === name);
  const meant = elsewhere.length > 0 ? elsewhere.slice(0, 3) : nearest(claim, known);
  return meant.length === 0 ? '' : `Did you mean ${meant.join(' or ')}?\n`;
}

/** Whether somebody asked for one claim, and nothing at all is known of it. */
export function isUnheardOf({ entries }: Plan, scope: Scope): boolean {
  return scope.claim !== null && !entries.some((entry) => isWanted(entry, scope));
}

/** Says so on stderr. "I could not look" is not "it is not there". @returns the exit code */
export function saysUnheardOf(command: string, { entries, complete }: Plan, { claim }: Scope): 1 {
  const why = complete
    ? 'no repository, no destination and no claim labelled backup: hourly or daily'
    : 'nothing is known of it, and some lists failed';
  process.stderr.write(
    `volsync-prewarm ${command}: ${claim}: ${why}\n${didYouMean(claim ?? '', entries.map(claimKey))}`,
  );
  return 1;
}
