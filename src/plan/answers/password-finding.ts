/** What is said when the base credentials have another password than a repository that is known to be opened by ours. */
import type { Finding } from '../../decisions.ts';
import { ANNOTATION, destinationName, repositorySecretName } from '../../naming.ts';
import { passwordChanged } from '../facts/password.ts';
import type { Context, Situation } from '../facts/situation.ts';

/** The finding with both ways out, or none. */
export function passwordFindings(s: Situation, { settings }: Pick<Context, 'settings'>): Finding[] {
  if (!passwordChanged(s)) return [];
  const kept = `the Secret ${repositorySecretName(s.claim)} keeps the password with which a mover has opened the repository`;
  const risk = `RESTIC_PASSWORD in the Secret ${settings.credentialsSecret} is another one, so a rebuilt cluster could not open it`;
  const message = `${kept}; ${risk}. Put the password back there, or, if the repository has the new one: ${acceptCommand(s)}`;
  return [{ reason: 'password-changed', about: s.key, message }];
}

/** The words that accept the password of this version of the base credentials, and of no later one. */
function acceptCommand({ namespace, claim, claimObject, base }: Situation): string {
  const on = claimObject === null ? `replicationdestination/${destinationName(claim)}` : `pvc/${claim}`;
  return `kubectl annotate -n ${namespace} ${on} ${ANNOTATION.accept}=${base?.version ?? ''} --overwrite`;
}
