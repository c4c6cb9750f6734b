/** `readiness`: what would become of every protected claim, in the cluster or in Git, if it were created now. */
import { claimTemplates } from '../../src/cluster/overview.ts';
import { templateOf } from '../../src/overview.ts';
import { policiesOf, type PoliciesView } from '../../src/cluster/policies.ts';
import type { Answer } from '../../src/cluster/checkup.ts';
import type { Claim } from '../../src/model.ts';
import { TIERS, claimKey } from '../../src/naming.ts';
import { indexFindings } from '../../src/plan/answers/findings.ts';
import { plan, type PlanResult } from '../../src/plan/plan.ts';
import { createdAnew, readinessOf, type Readiness } from '../../src/plan/answers/readiness.ts';
import { SAFE, type Policies } from '../../src/plan/answers/readiness-policies.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { compareRefs } from '../../src/plan/facts/order.ts';
import { meaningOf } from '../../src/reasons.ts';
import { readinessCode, readinessReport, readinessTable, type ReadinessReport } from '../../src/report/readiness.ts';
import { EVERYTHING, isWanted, type Scope } from '../../src/report/narrow.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { withObjects } from '../manifest-objects.ts';
import { readManifests, type ManifestClaims } from '../manifests.ts';
import { clusterFor } from '../open.ts';
import { endsOf, saysInterrupted } from '../signals.ts';
import { didYouMean } from './did-you-mean.ts';
import { print } from './document.ts';

/** @returns 0 when every claim would come back; 1 when one would start empty or hang, or when a list failed */
export async function readinessCommand(settings: Settings, scope: Scope = EVERYTHING): Promise<number> {
  const inGit: ManifestClaims | null = settings.manifests === null ? null : readManifests(settings.manifests);
  const { stop, wasInterrupted } = endsOf(settings.deadline);
  const cluster = await clusterFor(settings)();
  const [seen, answer, templates] = await Promise.all([
    cluster.observe(stop),
    policiesOf(cluster.connection, stop),
    inGit === null ? claimTemplates(cluster.connection, stop) : [],
  ]);
  if (wasInterrupted()) return saysInterrupted('readiness');
  const view = inGit === null ? seen : withObjects(seen, inGit.objects);
  const now = Date.now();
  const claims = (inGit?.claims ?? [...view.claims.values()].map(createdAnew))
    .filter((claim) => isWanted(claim, scope))
    .toSorted(compareRefs);
  // A claim in Git may be missing from the cluster. It is judged as if it were created now.
  const known = new Map([...view.claims, ...claims.map((claim) => [claimKey(claim), claim] as const)]);
  const judged = plan({ bucket: unlooked(now), cluster: { ...view, claims: known } }, settings, now);
  const byKey = new Map(judged.claims.map((one) => [one.key, one]));
  const { policies, note } = inForce(answer);
  const told = claims.flatMap((claim: Claim) => {
    const found = byKey.get(claimKey(claim));
    if (found === undefined) return [];
    const template = templateOf(claim, templates);
    if (template !== null && !TIERS.some((tier) => tier === template.label)) return [madeWithoutLabel(claim)];
    return readinessOf(claim, found, policies, judged.context);
  });
  if (scope.claim !== null && claims.length === 0)
    return saysUnknown(scope.claim, inGit?.claims ?? [...view.claims.values()]);
  const { complete, notes } = caveats(judged, inGit, policies);
  const at = new Date(now).toISOString();
  const report = readinessReport(told, { at, complete, notes: [...notes, ...note] });
  await print(
    { value: () => report, names: told.map(claimKey), table: (width) => readinessTable(report, width) },
    settings.output,
  );
  return readinessCode(report);
}

/** What could not be looked at, in the cluster and in the files. */
function caveats(
  { context }: PlanResult,
  inGit: ManifestClaims | null,
  policies: Policies,
): Pick<ReadinessReport, 'complete' | 'notes'> {
  const { failures } = context.cluster;
  const { problems, remarks } = inGit ?? { problems: [], remarks: [] };
  const about = indexFindings(context);
  const readsIndex = policies.hold || policies.gate;
  const index = about.map(({ about: name, message, reason }) => `${name}: ${message}. ${meaningOf(reason).todo}`);
  return {
    // If the worker is dead, a claim that waits may wait for ever.
    complete: failures.length + problems.length + (readsIndex ? about.length : 0) === 0,
    notes: [
      ...failures.map(({ resource, message }) => `${resource} could not be listed: ${message}`),
      ...problems,
      ...remarks,
      ...index,
    ],
  };
}

function saysUnknown(claim: string, known: readonly Claim[]): 1 {
  const what = `${claim}: no claim labelled backup: hourly or daily has this name`;
  process.stderr.write(`volsync-prewarm readiness: ${what}\n${didYouMean(claim, known.map(claimKey))}`);
  return 1;
}

/** The StatefulSet makes the next one by its template: without the label no policy looks at it (C13). */
function madeWithoutLabel({ namespace, claim }: Claim): Readiness {
  return { namespace, claim, outcome: 'empty', reason: 'label-on-claim-only' };
}

/** Without the right to read policies, overlay safe is assumed, and a note says so. */
function inForce(answer: Answer<PoliciesView>): { policies: Policies; note: string[] } {
  if (answer.state === 'unknown')
    return {
      policies: SAFE,
      note: [`the admission policies could not be read (${answer.message}): overlay safe is assumed`],
    };
  const { restore, hold, gate, shape, prime, 'gate-source': source, 'opt-out': optOut } = answer.value;
  const policies = {
    restore: restore === 'enforced',
    hold: hold === 'enforced',
    gate: gate === 'enforced',
    'gate-source': source === 'enforced',
    shape: shape === 'enforced',
    prime: prime === 'enforced',
    'opt-out': optOut === 'enforced',
  };
  const lacking = Object.entries(policies).flatMap(([name, there]) => (there ? [] : name));
  if (lacking.length === 0) return { policies, note: [] };
  return { policies, note: [`not in force here: ${lacking.join(', ')} (kubectl apply -k k8s/overlays/safe)`] };
}
