/** The places of repositories within one run: what the index remembers, and what was read since. Each Secret is read once at most. */
import type { ClusterView } from './model.ts';
import type { SecretRef } from './secret-place.ts';
import type { Ports } from './run-ports.ts';

export class PlaceReader {
  readonly #read = new Map<string, SecretRef>();

  /** Reads these, and puts everything that this run has read into the view. Never rejects. */
  async read(
    cluster: Pick<Awaited<ReturnType<Ports['cluster']>>, 'readPlaces'>,
    view: ClusterView,
    { wanted, signal }: { wanted: readonly SecretRef[]; signal: AbortSignal },
  ): Promise<ClusterView> {
    for (const ref of wanted) this.#read.set(`${ref.namespace}/${ref.secret}`, ref);
    return this.#read.size === 0 ? view : cluster.readPlaces(view, [...this.#read.values()], signal);
  }

  /** Those that this run has not read yet. */
  unread(refs: readonly SecretRef[]): SecretRef[] {
    return refs.filter(({ namespace, secret }) => !this.#read.has(`${namespace}/${secret}`));
  }
}
