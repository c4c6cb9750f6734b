/** Repository credentials follow their base: the keys at once, the password of a repository with snapshots never. */
import type { Action } from '../../decisions.ts';
import type { Situation } from '../facts/situation.ts';

/** A repository with snapshots keeps the password that it was written with. */
export function passwordChanged({ credentials }: Situation): boolean {
  return credentials?.state === 'ours' && credentials.differs.includes('RESTIC_PASSWORD');
}

/** What is to be written so that the Secret is what follows from the base: one action or none. */
export function credentialsDrift(s: Situation): Action[] {
  const { base, credentials, namespace, claim } = s;
  if (base === null || base.content === null || credentials === null) return [];
  if (credentials.state === 'absent') return [{ kind: 'create-credentials', keepPassword: false, namespace, claim }];
  const follows = credentials.state === 'foreign' || credentials.differs.every((key) => key === 'RESTIC_PASSWORD');
  return follows ? [] : [{ kind: 'update-credentials', keepPassword: passwordChanged(s), namespace, claim }];
}
