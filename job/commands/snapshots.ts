/** `snapshots <namespace>/<pvc>`: what could be restored, and what a restore would take. */
import { lookAtSnapshots } from '../../src/look-at-snapshots.ts';
import type { ClusterView } from '../../src/model.ts';
import { snapshotsDocument, snapshotsTable, type SnapshotsLook } from '../../src/report/snapshots.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import { portsFor } from '../open.ts';
import { endsOf, saysInterrupted } from '../signals.ts';
import { didYouMean } from './did-you-mean.ts';
import { print } from './document.ts';

/** @returns 0 when everything could be looked at (nothing there, too), 1 when something could not, or nobody knows the claim */
export async function snapshotsCommand(
  { settings, claim }: { settings: Settings; claim: string },
  env: Environment,
): Promise<number> {
  const { stop, wasInterrupted } = endsOf(settings.deadline);
  const look = await lookAtSnapshots(portsFor(settings, env), settings, { key: claim, signal: stop });
  if (wasInterrupted()) return saysInterrupted('snapshots');
  const { repositories, cluster } = look;
  const isUnseen = repositories.some(({ problem }) => problem !== null) || cluster.failures.length > 0;
  if (isUnheardOf(look, claim)) {
    const [failure] = cluster.failures;
    const known = keysOf(cluster);
    process.stderr.write(
      `volsync-prewarm snapshots: ${claim}: ${failure === undefined ? `nothing in the cluster has this name, and there is no snapshot in ${repositories.map(({ place }) => place).join(' and ')}` : `the cluster could not be looked at (${failure.message}), and no snapshot was found`}\n${didYouMean(claim, known)}`,
    );
    return 1;
  }
  for (const { resource, message } of cluster.failures)
    process.stderr.write(`volsync-prewarm snapshots: ${resource} could not be listed: ${message}\n`);
  await print(
    {
      value: () => snapshotsDocument(look),
      names: repositories.flatMap(({ snapshots }) => snapshots.map(({ id }) => id)),
      table: (width, wide) => snapshotsTable(look, width, wide),
    },
    settings.output,
  );
  return isUnseen ? 1 : 0;
}

/** Nothing was found, and nothing failed that could have shown it. */
function isUnheardOf({ repositories, cluster }: SnapshotsLook, claim: string): boolean {
  const isEmpty = repositories.every(({ problem, snapshots }) => problem === null && snapshots.length === 0);
  return isEmpty && !keysOf(cluster).includes(claim);
}

function keysOf({ claims, otherClaims, destinations, allSources, index }: ClusterView): string[] {
  const maps = [claims, otherClaims, destinations, allSources, index.entries];
  return [...new Set(maps.flatMap((one) => [...one.keys()]))];
}
