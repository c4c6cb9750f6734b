/** What goes wrong with movers and images on demand. */
import type { SyncKind } from './kinds.ts';

/** The destinations or sources that a fault applies to; a field that is left out matches all. */
export interface MoverMatch {
  namespace?: string;
  /** of the ReplicationDestination or ReplicationSource */
  name?: string;
  kind?: SyncKind;
}

interface Mover {
  namespace: string;
  name: string;
  kind: SyncKind;
}

/** `dies`: the pod is killed while it works, so its lock stays. Otherwise restic exits by itself and removes its lock. */
export type MoverFault = ({ permanently: true } | { times: number }) & { log?: string; dies?: boolean };

/** `no-pod`: the Job makes none (quota, PodSecurity); `not-ready`: a pod is there and never starts (no node, no image). */
export type MoverHang = 'no-pod' | 'not-ready';

/** When the image of a restore is ready: milliseconds after the mover, `never`, or (if left out) at once. */
export interface ImageFault {
  /** when the driver has taken the snapshot; until then VolSync waits and the sync does not end */
  bound?: number | 'never';
  /** when a claim can be restored from the image; VolSync does not wait for this */
  ready?: number | 'never';
  /** the driver's error message in the status of the image */
  error?: string;
}

export interface PlannedFailure {
  log: string;
  permanent: boolean;
  dies: boolean;
}

const LOG = 'ignoring error for /user: lchown /data/user: operation not permitted\nFatal: There were 7 errors\n';

/** Does a rule match this mover? */
function matches({ namespace, name, kind }: MoverMatch, mover: Mover): boolean {
  return (
    (namespace ?? mover.namespace) === mover.namespace &&
    (name ?? mover.name) === mover.name &&
    (kind ?? mover.kind) === mover.kind
  );
}

/** Rules of one kind; the oldest rule that matches is used. */
class Rules<Rule> {
  readonly #rules = new Set<{ match: MoverMatch; rule: Rule }>();

  /** Adds a rule; returns a function that removes the rule. */
  add(match: MoverMatch, rule: Rule): () => void {
    const entry = { match, rule };
    this.#rules.add(entry);
    return () => this.#rules.delete(entry);
  }

  /** The rule for a mover, and a function that marks it as used; undefined if no rule matches. */
  find(mover: Mover): { rule: Rule; drop: () => void } | undefined {
    const found = [...this.#rules].find(({ match }) => matches(match, mover));
    return found && { rule: found.rule, drop: () => void this.#rules.delete(found) };
  }
}

export class MoverFaults {
  readonly hangs = new Rules<MoverHang>();
  readonly images = new Rules<ImageFault>();
  /** destinations whose Job appears once more after the destination was deleted */
  readonly ghosts = new Rules<true>();
  readonly #failures = new Rules<{ left: number; log: string; dies: boolean }>();

  /** Makes pods fail; returns a function that stops this. */
  fail(match: MoverMatch, fault: MoverFault): () => void {
    const left = 'times' in fault ? fault.times : Number.POSITIVE_INFINITY;
    return this.#failures.add(match, { left, log: fault.log ?? LOG, dies: fault.dies ?? false });
  }

  /** The failure that is planned for the next pod of a mover, counted as used; undefined if the pod may succeed. */
  take(mover: Mover): PlannedFailure | undefined {
    const found = this.#failures.find(mover);
    if (found === undefined) return undefined;
    const { rule, drop } = found;
    rule.left -= 1;
    if (rule.left <= 0) drop();
    return { log: rule.log, dies: rule.dies, permanent: rule.left === Number.POSITIVE_INFINITY };
  }
}
