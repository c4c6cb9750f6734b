/**
 * Namespaces that are made before their application arrives, so that whoever fans out base credentials (a ClusterExternalSecret)
 * finds them. Only with --create-namespaces, only for a backup that was seen, and never where absence is not certain.
 */
import type { Action } from '../../decisions.ts';
import type { Instant } from '../../model.ts';
import { SCHEDULE_PERIOD, isNamespaceName, isRestorableClaimName } from '../../naming.ts';
import { isToBeCreated } from '../../settings/scope.ts';
import type { Context } from '../facts/situation.ts';
import type { ProtectedClaim } from '../backup/protected-claim.ts';

/** Whoever writes into the bucket can invent names: a run makes only so many. */
export const MOST_NEW_NAMESPACES = 20;

type CreateNamespace = Extract<Action, { kind: 'create-namespace' }>;

/** The namespaces to make now, by the key of the first claim in each. */
export function newNamespaces(
  claims: readonly ProtectedClaim[],
  context: Context,
): ReadonlyMap<string, CreateNamespace> {
  const made = new Map<string, CreateNamespace>();
  const { settings, cluster, frozen, blind, now } = context;
  const isSeen = !cluster.failures.some(({ resource }) => resource === 'namespaces');
  if (settings.createNamespaces.length === 0 || frozen !== null || blind !== null || !isSeen) return made;
  const named = new Set<string>();
  let room = MOST_NEW_NAMESPACES - [...cluster.namespaces.values()].filter((one) => isOurNew(one, now)).length;
  for (const claim of claims) {
    if (room <= 0) break;
    if (named.has(claim.namespace) || !isWorthIt(claim, context)) continue;
    named.add(claim.namespace);
    room -= 1;
    const { namespace, claim: name, key } = claim;
    made.set(key, { kind: 'create-namespace', namespace, claim: name, labels: settings.namespaceLabels });
  }
  return made;
}

/** Made by this run, by its passes before or by another one at the same time. */
function isOurNew({ managed, createdAt }: { managed: boolean; createdAt: Instant | null }, now: Instant): boolean {
  return managed && createdAt !== null && now - createdAt < SCHEDULE_PERIOD;
}

function isWorthIt(claim: ProtectedClaim, { settings }: Context): boolean {
  return (
    claim.namespaceObject === null &&
    claim.backup.state === 'present' &&
    claim.listed.state === 'yes' &&
    isNamespaceName(claim.namespace) &&
    isRestorableClaimName(claim.claim) &&
    isToBeCreated(claim.namespace, settings)
  );
}
