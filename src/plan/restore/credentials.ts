/** Repository credentials follow the base credentials: the keys always, a password with which a mover has succeeded never. */
import type { Action } from '../../decisions.ts';
import type { Instant, OurCredentials } from '../../model.ts';
import { PASSWORD_KEY, REPOSITORY_KEY } from '../../restic/credential-keys.ts';
import { areCredentialsInUse, isMoverFailing } from '../facts/busy.ts';
import { owesProof, passwordChanged } from '../facts/password.ts';
import type { Situation } from '../facts/situation.ts';

/** The actions that bring the Secret in line with the base credentials, and note on it that its password is proven. */
export function credentialsDrift(s: Situation, now: Instant): Action[] {
  const { base, credentials, namespace, claim } = s;
  if (base === null || base.content === null || credentials === null) return [];
  if (credentials.state === 'absent') return [{ kind: 'create-credentials', keepPassword: false, namespace, claim }];
  if (credentials.state !== 'ours') return [];
  const actions: Action[] = owesProof(s) ? [{ kind: 'prove-password', namespace, claim }] : [];
  const keepPassword = passwordChanged(s);
  const follows = credentials.differs.every((key) => key === PASSWORD_KEY && keepPassword);
  if (!follows && mayFollow(s, credentials, now))
    actions.push({ kind: 'update-credentials', keepPassword, namespace, claim });
  return actions;
}

/** Whether the Secret is as the base credentials say, or is so after the actions of this pass. */
export function followsBase(s: Situation, now: Instant): boolean {
  const { credentials } = s;
  if (credentials?.state !== 'ours') return true;
  return !passwordChanged(s) && (credentials.differs.length === 0 || mayFollow(s, credentials, now));
}

/**
 * Not while a mover works with it or is about to: with other keys VolSync makes the mover's Job anew, and a password that is
 * being tried would never be known to be right. A Secret that names another repository is corrected at once.
 */
function mayFollow(s: Situation, { differs, reshaped = false }: OurCredentials, now: Instant): boolean {
  if (differs.includes(REPOSITORY_KEY)) return true;
  return (!reshaped && isMoverFailing(s)) || !areCredentialsInUse(s, now);
}
