/** The sources that write to the repository of a claim, and their movers. */
import { moverKey, type ClusterView, type Destination, type Mover, type Source } from '../../model.ts';
import type { Repository } from './repositories.ts';

/** A source that writes to the repository. */
export interface Writer {
  source: Source;
  mover: Mover | null;
}

/** The sources that write to this repository, the claim's own by name first; where no Secret was read, all of them. */
export function writersOf(cluster: ClusterView, key: string, repository: Repository | null): readonly Writer[] {
  const deciding = cluster.sources.get(key);
  if (deciding === undefined) return [];
  const all = cluster.allSources.get(key) ?? [deciding];
  const [only] = all;
  // One source, as nearly all claims have.
  if (all.length === 1 && only === deciding && (repository === null || repository.sources.includes(only.name)))
    return [writerOf(cluster, only)];
  const writing = repository === null ? all : all.filter(({ name }) => repository.sources.includes(name));
  const ordered = [...writing.filter((one) => one === deciding), ...writing.filter((one) => one !== deciding)];
  return ordered.map((source) => writerOf(cluster, source));
}

function writerOf(cluster: ClusterView, source: Source): Writer {
  const { namespace, name } = source;
  return { source, mover: moverOf(cluster, { namespace, owner: 'ReplicationSource', name }) };
}

/** The mover of a source that works now, else one that fails, else the first one's. */
export function busiest(writers: readonly Writer[]): Mover | null {
  if (writers.length <= 1) return writers[0]?.mover ?? null;
  const movers = writers.flatMap(({ mover }) => mover ?? []);
  return movers.find(({ active }) => active > 0) ?? movers.find(({ failed }) => failed > 0) ?? movers[0] ?? null;
}

/** The mover Job of a source or destination. */
export function moverOf(
  { movers }: ClusterView,
  of: { namespace: string; owner: Mover['owner']; name: string } | null,
): Mover | null {
  return of === null || movers.size === 0 ? null : (movers.get(moverKey(of.owner, of.namespace, of.name)) ?? null);
}

/** A VolumeSnapshot that VolSync has made in this sync. Asked only once the mover has succeeded: it looks at all of them. */
export function hasNewSnapshot({ images }: ClusterView, d: Destination | null, mover: Mover | null): boolean {
  if (d === null || mover === null || mover.succeededAt === null) return false;
  const prefix = `volsync-${d.name}-dest-`;
  return [...images.values()].some(
    ({ namespace, name, deleting }) =>
      namespace === d.namespace && name.startsWith(prefix) && name !== d.latestImage?.name && !deleting,
  );
}
