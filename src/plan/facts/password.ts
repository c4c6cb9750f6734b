/**
 * Whether the password in a claim's repository credentials is the repository's own. Only a mover can tell: the password is proven
 * when one has succeeded with the Secret as it is. Until then the password follows the base credentials, so that a mistake there
 * can be corrected; from then on it is kept, since the backups would be lost with it.
 */
import type { Instant } from '../../model.ts';
import { repositorySecretName } from '../../naming.ts';
import { PASSWORD_KEY } from '../../restic/credential-keys.ts';
import { readSaved, skippedEmpty } from '../../restic/log-lines.ts';
import type { Source } from '../../source.ts';
import type { Situation } from './situation.ts';

type Facts = Pick<Situation, 'claim' | 'destination' | 'sources'>;

/** Has a mover succeeded with the password that our Secret has? False where the Secret is not ours, or was not read. */
export function isPasswordProven(s: Situation): boolean {
  const { credentials } = s;
  if (credentials?.state !== 'ours') return false;
  const { password } = credentials;
  // Version 0.1 changed no password of a repository that had been opened.
  if (password === undefined) return hasOpened(s);
  return password.proven || hasOpenedSince(s, password.changedAt);
}

/** A mover has succeeded with it, and it does not stand on the Secret yet. */
export function owesProof(s: Situation): boolean {
  const { credentials } = s;
  if (credentials?.state !== 'ours') return false;
  const { password, differs } = credentials;
  // What version 0.1 has left counts as it is, until the Secret or the base changes and the evidence may be lost.
  return password === undefined ? differs.length > 0 && hasOpened(s) : !password.proven && isPasswordProven(s);
}

/** The base credentials have another password than a repository which is known to be opened by ours, and nobody accepts that. */
export function passwordChanged(s: Situation): boolean {
  const { credentials } = s;
  if (credentials?.state !== 'ours' || !credentials.differs.includes(PASSWORD_KEY)) return false;
  return isPasswordProven(s) && !isPasswordAccepted(s);
}

/** A person accepts the password of exactly this version of the base credentials. */
function isPasswordAccepted({ claimObject, destination, base }: Situation): boolean {
  const accept = claimObject === null ? (destination?.memory.accept ?? null) : claimObject.accept;
  return base !== null && accept === base.version;
}

/** As far as can be seen, some mover of this claim has opened the repository with our Secret. */
export function hasOpened({ destination, sources, claim }: Facts): boolean {
  const secret = repositorySecretName(claim);
  const restored = destination?.spec.repository === secret && destination.memory.verified !== null;
  return restored || sources.some((one) => one.secret === secret && one.lastSyncAt !== null && !hasSkipped(one));
}

/** The same of the last sync of each, when it began after this time. */
function hasOpenedSince({ destination, sources, claim }: Facts, changedAt: Instant | null): boolean {
  if (changedAt === null) return false;
  const secret = repositorySecretName(claim);
  const isLater = (sync: Sync): boolean => (startOf(sync) ?? 0) >= changedAt;
  if (destination?.spec.repository === secret && isLater(destination)) return true;
  return sources.some((one) => one.secret === secret && hasSaved(one) && isLater(one));
}

type Sync = Pick<Source, 'createdAt' | 'lastSyncAt' | 'lastSyncSeconds'>;

/**
 * When the last sync that ended began, at the earliest; null = none has, or its length is not known. VolSync writes whole seconds,
 * so this can be a second early, and a proof then waits for the next sync. No sync is older than its object.
 */
function startOf({ lastSyncAt, lastSyncSeconds, createdAt }: Sync): Instant | null {
  if (lastSyncAt === null || lastSyncSeconds === null) return null;
  return Math.max(lastSyncAt - lastSyncSeconds * 1000, createdAt ?? 0);
}

/** A backup of an empty volume succeeds without opening the repository. */
function hasSkipped({ moverLogs }: Source): boolean {
  return skippedEmpty(moverLogs);
}

function hasSaved({ moverResult, moverLogs }: Source): boolean {
  return moverResult === 'Successful' && readSaved(moverLogs) !== null;
}
