/** Repository credentials follow the base credentials: the keys always, the password of a repository with snapshots never. */
import type { Action } from '../../decisions.ts';
import type { Situation } from '../facts/situation.ts';

/** Whether the base credentials have another password than a repository with snapshots. */
export function passwordChanged({ credentials }: Situation): boolean {
  return credentials?.state === 'ours' && credentials.differs.includes('RESTIC_PASSWORD');
}

/** The action that brings the Secret in line with the base credentials, if any. */
export function credentialsDrift(s: Situation): Action[] {
  const { base, credentials, namespace, claim } = s;
  if (base === null || base.content === null || credentials === null) return [];
  if (credentials.state === 'absent') return [{ kind: 'create-credentials', keepPassword: false, namespace, claim }];
  const follows = credentials.state !== 'ours' || credentials.differs.every((key) => key === 'RESTIC_PASSWORD');
  return follows ? [] : [{ kind: 'update-credentials', keepPassword: passwordChanged(s), namespace, claim }];
}
