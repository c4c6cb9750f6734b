/** Texts of the table of reasons about one claim, with its own names where the table has placeholders. */
import type { ClaimRef } from '../model.ts';
import { isNamespaceName, refOf } from '../naming.ts';
import { meaningOf, type Reason } from '../reasons.ts';

/**
 * Fills in `<pvc>`, `<namespace>` and, where it is known, the name behind `--credentials-secret`.
 * @param text a column of the table of reasons
 */
export function filled(text: string, { namespace, claim }: ClaimRef, credentialsSecret?: string): string {
  const named = text.replaceAll('<pvc>', claim).replaceAll('<namespace>', namespace);
  return credentialsSecret === undefined ? named : named.replaceAll('--credentials-secret', credentialsSecret);
}

/**
 * What a person can do about findings of one reason, with the name of the claim where they are about one.
 * @param about what the findings are about; of several claims the first one stands for all
 */
export function cureOf(reason: Reason, about: readonly string[]): string {
  const { todo } = meaningOf(reason);
  const cure = filledWith(todo, about[0]);
  return about.length === 1 || cure === todo ? cure : `${cure} (Here for ${about[0] ?? ''}.)`;
}

/** What a reason means, in the words of the first of these claims. */
export function meaningIn(reason: Reason, about: readonly string[]): string {
  return filledWith(meaningOf(reason).means, about[0]);
}

function filledWith(text: string, about = ''): string {
  const { namespace, claim } = refOf(about);
  return claim !== '' && isNamespaceName(namespace) ? filled(text, { namespace, claim }) : text;
}
