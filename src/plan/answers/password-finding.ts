/** What is said when the base credentials have another password than a repository that is known to be opened by ours. */
import type { Finding } from '../../decisions.ts';
import { repositorySecretName } from '../../naming.ts';
import { acceptCommand } from '../facts/accept-command.ts';
import { passwordChanged } from '../facts/password.ts';
import type { Context, Situation } from '../facts/situation.ts';

/** The finding with both ways out, or none. */
export function passwordFindings(s: Situation, { settings }: Pick<Context, 'settings'>): Finding[] {
  if (!passwordChanged(s)) return [];
  const kept = `the Secret ${repositorySecretName(s.claim)} keeps the password with which a mover has opened the repository`;
  const risk = `RESTIC_PASSWORD in the Secret ${settings.credentialsSecret} is another one, so a rebuilt cluster could not open it`;
  // Of this version of the base credentials, and of no later one.
  const accept = acceptCommand(s, s.base?.version ?? '');
  const message = `${kept}; ${risk}. Put the password back there, or, if the repository has the new one: ${accept}`;
  return [{ reason: 'password-changed', about: s.key, message }];
}
