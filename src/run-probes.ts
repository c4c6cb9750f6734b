/** Looks into repositories within one run: which ones are worth it in a pass, and what was seen, each time it is looked again. */
import { eachBounded } from './bounded.ts';
import { lookInto, type Look } from './look-into.ts';
import type { Probe } from './model.ts';
import { furtherWanted } from './plan/facts/elsewhere.ts';
import { probeKeyOf } from './plan/facts/repositories.ts';
import { withProbe } from './plan/facts/looked-again.ts';
import type { Context, Situation } from './plan/facts/situation.ts';
import { byUrgency, isUndecided, putOff, turnsOf, wantsProbe } from './plan/fleet/lookups.ts';
import { situationsOf } from './plan/plan.ts';
import type { SecretRef } from './secret-place.ts';
import type { Ports } from './run-ports.ts';

type Seen = Pick<Context, 'bucket' | 'cluster' | 'settings' | 'now'>;

export class Prober {
  /** what was seen last, by the probe's key */
  readonly seen = new Map<string, Probe>();
  readonly #ports: Ports;
  readonly #concurrency: number;

  constructor(ports: Ports, concurrency: number) {
    this.#ports = ports;
    this.#concurrency = concurrency;
  }

  /**
   * The Secrets of everything that is about to be looked into, and of claims that wait: a place that is only remembered is read
   * again before anything follows from it, and its keys open it.
   */
  secretsFor(seen: Seen, situations: readonly Situation[]): SecretRef[] {
    if (seen.cluster.places.size === 0) return [];
    const turns = turnsOf(situations, seen.now, seen.cluster.index.generatedAt);
    const named = situations.filter((s) => s.repositories.some(({ secret }) => secret !== null));
    const wanted = named.filter((s) => s.waits || this.#wants(s, seen, turns) || furtherOf(s, seen).length > 0);
    return wanted.flatMap(({ namespace, repositories }) =>
      repositories.flatMap(({ secret }) => (secret === null ? [] : { namespace, secret })),
    );
  }

  #wants(s: Situation, seen: Seen, turns: ReadonlySet<string>): boolean {
    return wantsProbe(s, turns.has(s.key), seen.now, isUndecided(s, seen));
  }

  /** Looks into what is worth it: the primary repositories of the claims, and then further ones. */
  async look(seen: Seen, situations: Situation[], signal: AbortSignal): Promise<Situation[]> {
    const { cluster, now } = seen;
    const turns = turnsOf(situations, now, cluster.index.generatedAt);
    const later = putOff(situations, now, cluster.index.generatedAt);
    const wanted = situations.filter((s) => !later.has(s.key) && this.#wants(s, seen, turns)).sort(byUrgency);
    await this.#into(
      wanted.map((s) => ({ s, repository: s.repository })),
      signal,
    );
    const looked = new Set(wanted);
    const probed = situations.map((s) =>
      looked.has(s) ? withProbe(s, this.seen.get(probeKeyOf(s, s.repository)) ?? null, seen.settings) : s,
    );
    const further = probed.flatMap((s) => furtherOf(s, seen).map((repository) => ({ s, repository })));
    await this.#into(further, signal);
    // What was seen can decide which one is the primary.
    return further.length === 0 ? probed : situationsOf(seen, seen.settings, now);
  }

  async #into(looks: readonly Look[], signal: AbortSignal): Promise<void> {
    await eachBounded(looks, this.#concurrency, async (look) => {
      this.seen.set(probeKeyOf(look.s, look.repository), await lookInto(this.#ports, look, signal));
    });
  }
}

function furtherOf(s: Situation, seen: Seen): ReturnType<typeof furtherWanted> {
  return s.further.length === 0 ? [] : furtherWanted(s, s.sources, isUndecided(s, seen));
}
