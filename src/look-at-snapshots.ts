/** All snapshots of one claim, over every repository that its objects name, with what its restore point holds. Nothing is written. */
import type { Probe, RootListing, SnapshotObject } from './model.ts';
import { refOf } from './naming.ts';
import { lookInto } from './look-into.ts';
import { placesWanted } from './plan/facts/repositories-wanted.ts';
import { isReachable, probeKeyOf, type Repository } from './plan/facts/repositories.ts';
import { contextOf, planFor, situationsOf } from './plan/plan.ts';
import type { Situation } from './plan/facts/situation.ts';
import type { Ports } from './run-ports.ts';
import { bestOf } from './plan/restore/restorable.ts';
import type { RepositoryLook, SnapshotsLook } from './report/snapshots.ts';
import type { Settings } from './settings/settings.ts';

/**
 * Looks into every repository of a claim, and nowhere else in the bucket.
 * @returns never rejects because of bucket or cluster: what could not be looked at is in it
 */
export async function lookAtSnapshots(
  ports: Ports,
  settings: Settings,
  { key, signal }: { key: string; signal: AbortSignal },
): Promise<SnapshotsLook> {
  const { namespace, claim } = refOf(key);
  const api = await ports.cluster();
  const listed = await api.observe(signal);
  const wanted = placesWanted(listed, settings).filter((one) => one.namespace === namespace);
  const cluster = wanted.length === 0 ? listed : await api.readPlaces(listed, wanted, signal);
  const at = ports.now();
  const probes = new Map<string, Probe>();
  const view = (root: RootListing): Parameters<typeof situationsOf>[0] => ({
    cluster,
    bucket: { startedAt: at, skew: 0, marker: null, root, probes, records: new Map(), written: new Map() },
  });
  const here = (root: RootListing): Situation[] =>
    situationsOf(view(root), settings, at).filter((one) => one.key === key);
  // As if the listing had shown this one claim: what lies there is looked at below.
  const root: RootListing = {
    state: 'listed',
    namespaces: new Map([[namespace, { state: 'listed', claims: new Set([claim]) }]]),
    strangers: [],
    misplaced: [],
    marked: true,
  };
  const [before] = here(root);
  if (before === undefined) throw new Error(`${key} is not among the claims`);
  const known = repositoriesOf(before);
  for (const repository of known) {
    if (repository !== null && !isReachable(repository)) continue;
    probes.set(probeKeyOf(before, repository), await lookInto(ports, { s: before, repository }, signal));
  }
  const layout = probes.get(key);
  const found = layout?.state === 'listed' && layout.snapshots.length === 0 ? { ...root, namespaces: new Map() } : root;
  const situations = here(found);
  const [seen] = situations.length > 0 ? situations : here(root);
  const context = contextOf([seen ?? before], { ...view(found), settings, now: at });
  const [judged] = planFor([seen ?? before], context).claims;
  if (judged === undefined) throw new Error(`${key} was not judged`);
  const primary = probeKeyOf(judged, judged.repository);
  return {
    at,
    judged,
    held: judged.restorePoint.holds,
    takes: bestOf(judged),
    repositories: known.map((repository): RepositoryLook => {
      const own = probeKeyOf(before, repository);
      const probe = probes.get(own);
      return {
        place: placeOf(repository, key, settings),
        primary: own === primary,
        problem: problemOf(probe),
        snapshots: probe?.state === 'listed' ? probe.snapshots.toSorted(newestFirst) : [],
      };
    }),
    cluster,
  };
}

function problemOf(probe: Probe | undefined): string | null {
  if (probe === undefined) return 'repository-elsewhere: no server that the settings name (--allow-endpoints)';
  return probe.state === 'listed' ? null : `${probe.reason}: ${probe.message}`;
}

function newestFirst(a: SnapshotObject, b: SnapshotObject): number {
  return b.at - a.at || (a.id < b.id ? -1 : 1);
}

/** The layout path always: a backup may lie there of which nothing in the cluster tells. */
function repositoriesOf({ repository, repositories }: Situation): (Repository | null)[] {
  const others = repositories.filter(({ where }) => where.kind !== 'layout');
  const remembered = repository !== null && repositories.length === 0 && repository.where.kind !== 'layout';
  return [null, ...others, ...(remembered ? [repository] : [])];
}

function placeOf(repository: Repository | null, key: string, { bucket, prefix }: Settings): string {
  return repository === null ? `${bucket}/${prefix}${key}` : repository.shown;
}
