/** Texts of the table of reasons about one claim, with its own names where the table has placeholders. */
import type { ClaimRef } from '../model.ts';

/**
 * Fills in `<pvc>`, `<namespace>` and, where it is known, the name behind `--credentials-secret`.
 * @param text a column of the table of reasons
 */
export function filled(text: string, { namespace, claim }: ClaimRef, credentialsSecret?: string): string {
  const named = text.replaceAll('<pvc>', claim).replaceAll('<namespace>', namespace);
  return credentialsSecret === undefined ? named : named.replaceAll('--credentials-secret', credentialsSecret);
}
