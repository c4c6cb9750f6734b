/** Movers that fail on demand. */
import type { SyncKind } from './kinds.ts';

export interface MoverMatch {
  namespace?: string;
  /** of the ReplicationDestination or ReplicationSource */
  name?: string;
  kind?: SyncKind;
}

export type MoverFault = { permanently: true; log?: string } | { times: number; log?: string };

export interface PlannedFailure {
  log: string;
  permanent: boolean;
}

const LOG = 'ignoring error for /user: lchown /data/user: operation not permitted\nFatal: There were 7 errors\n';

export class MoverFaults {
  readonly #rules = new Set<{ match: MoverMatch; left: number; log: string }>();

  /** Adds a rule; returns the way to take it back. */
  add(match: MoverMatch, fault: MoverFault): () => void {
    const left = 'times' in fault ? fault.times : Number.POSITIVE_INFINITY;
    const rule = { match, left, log: fault.log ?? LOG };
    this.#rules.add(rule);
    return () => this.#rules.delete(rule);
  }

  /** The failure that is planned for the next pod of a mover, counted as used; undefined when it may work. */
  take(mover: { namespace: string; name: string; kind: SyncKind }): PlannedFailure | undefined {
    for (const rule of this.#rules) {
      const { namespace, name, kind } = rule.match;
      if (
        (namespace ?? mover.namespace) !== mover.namespace ||
        (name ?? mover.name) !== mover.name ||
        (kind ?? mover.kind) !== mover.kind
      )
        continue;
      rule.left -= 1;
      if (rule.left <= 0) this.#rules.delete(rule);
      return { log: rule.log, permanent: rule.left === Number.POSITIVE_INFINITY };
    }
    return undefined;
  }
}
