/** What a run waits for although nothing is in flight: claims that it has let in come again within seconds. */
import { stillExpected } from './plan/answers/unblocked.ts';
import type { PlanResult } from './plan/plan.ts';

/** Claims that this run has let in, and how long it waits for them to be created again. */
export class Expected {
  readonly #patience: number;
  readonly #keys = new Set<string>();
  #until = 0;

  constructor(patience: number) {
    this.#patience = patience;
  }

  add(keys: readonly string[], now: number): void {
    const fresh = keys.filter((key) => !this.#keys.has(key));
    if (fresh.length > 0) this.#until = now + this.#patience;
    for (const key of fresh) this.#keys.add(key);
  }

  isOpen({ claims, frozen }: PlanResult, now: number): boolean {
    return frozen === null && now < this.#until && stillExpected(this.#keys, claims);
  }
}
