/** What goes wrong with movers and images on demand. */
import type { SyncKind } from './kinds.ts';

/** Which destinations or sources a fault is about; what is left out matches all. */
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

/** `dies`: the pod is killed in its work, so that its lock stays; else restic ends by itself and takes its lock along. */
export type MoverFault = ({ permanently: true } | { times: number }) & { log?: string; dies?: boolean };

/** `no-pod`: the Job makes none (quota, PodSecurity); `not-ready`: a pod is there and never starts (no node, no image). */
export type MoverHang = 'no-pod' | 'not-ready';

/** How the image of a restore comes about; milliseconds after the mover, `never`, or (left out) at once. */
export interface ImageFault {
  /** the driver has taken it: until then VolSync waits, and the sync goes on */
  bound?: number | 'never';
  /** it can be restored from: VolSync does not wait for that */
  ready?: number | 'never';
  /** the driver's complaint in its status */
  error?: string;
}

export interface PlannedFailure {
  log: string;
  permanent: boolean;
  dies: boolean;
}

const LOG = 'ignoring error for /user: lchown /data/user: operation not permitted\nFatal: There were 7 errors\n';

/** Does a rule speak of this mover? */
function matches({ namespace, name, kind }: MoverMatch, mover: Mover): boolean {
  return (
    (namespace ?? mover.namespace) === mover.namespace &&
    (name ?? mover.name) === mover.name &&
    (kind ?? mover.kind) === mover.kind
  );
}

/** Rules of one sort; the oldest that matches counts. */
class Rules<Rule> {
  readonly #rules = new Set<{ match: MoverMatch; rule: Rule }>();

  /** Adds a rule; returns the way to take it back. */
  add(match: MoverMatch, rule: Rule): () => void {
    const entry = { match, rule };
    this.#rules.add(entry);
    return () => this.#rules.delete(entry);
  }

  /** The rule for a mover, and the way to use it up; undefined when there is none. */
  find(mover: Mover): { rule: Rule; drop: () => void } | undefined {
    const found = [...this.#rules].find(({ match }) => matches(match, mover));
    return found && { rule: found.rule, drop: () => void this.#rules.delete(found) };
  }
}

export class MoverFaults {
  readonly hangs = new Rules<MoverHang>();
  readonly images = new Rules<ImageFault>();
  /** destinations whose Job appears once more after they are gone */
  readonly ghosts = new Rules<true>();
  readonly #failures = new Rules<{ left: number; log: string; dies: boolean }>();

  /** Makes pods fail; returns the way to take that back. */
  fail(match: MoverMatch, fault: MoverFault): () => void {
    const left = 'times' in fault ? fault.times : Number.POSITIVE_INFINITY;
    return this.#failures.add(match, { left, log: fault.log ?? LOG, dies: fault.dies ?? false });
  }

  /** The failure that is planned for the next pod of a mover, counted as used; undefined when it may work. */
  take(mover: Mover): PlannedFailure | undefined {
    const found = this.#failures.find(mover);
    if (found === undefined) return undefined;
    const { rule, drop } = found;
    rule.left -= 1;
    if (rule.left <= 0) drop();
    return { log: rule.log, dies: rule.dies, permanent: rule.left === Number.POSITIVE_INFINITY };
  }
}
