/**
 * What truly happened to the data of each claim, whatever the program believes: which volume each snapshot was taken of, and which
 * volumes had started without their newest good backup. By it every `forget` is judged.
 */
import type { Source } from '../../../src/model.ts';
import type { Retain } from '../../../src/retain.ts';
import { forgetsBy } from './sources.ts';
import type { Birth, TrueSnapshot } from './truth.ts';

interface Kept extends TrueSnapshot {
  /** uid of the claim whose volume was saved; null = from before the story */
  volume: string | null;
  /** a source of ours saved it */
  ours: boolean;
  /** uid of the source that saved it; null = from before the story */
  by: string | null;
}

export class History {
  readonly #saved = new Map<string, Kept>();
  /** by claim uid: the newest good snapshot that it started without; null = it started as it should */
  readonly #missed = new Map<string, string | null>();
  /** uids of claims whose owner accepts how they start; no run may have seen it yet */
  readonly #asked = new Set<string>();
  /** the same, and a run has seen it */
  readonly #fine = new Set<string>();
  /** uids of claims whose owner was told that their start is in doubt: until it is accepted, what they save is no successor */
  readonly #doubted = new Set<string>();
  /** uids of claims that a run has seen */
  readonly #seen = new Set<string>();
  /** uids of sources of others that a run has seen which could write */
  readonly #seenSources = new Set<string>();
  /** by claim key: the last policy of ours by which something was let go, or null after somebody accepted */
  readonly #inForce = new Map<string, Retain | null>();
  /** keys whose owner has accepted a start, and with it the normal retention */
  readonly #accepted = new Set<string>();

  found(snapshot: TrueSnapshot): void {
    this.#saved.set(snapshot.id, { ...snapshot, volume: null, ours: false, by: null });
  }

  saved(snapshot: TrueSnapshot, { source, volume }: { source: Source; volume: string }): void {
    this.#saved.set(snapshot.id, { ...snapshot, volume, ours: source.managed, by: source.uid });
  }

  /** When restic says that it began; also of one that is gone. */
  beganAt(id: string): number {
    return this.#saved.get(id)?.began ?? 0;
  }

  /** Notes how a claim starts. */
  bound({ uid, holds, alive }: Birth): void {
    const head = this.#headOf(alive);
    const isNewest = head === null || (holds !== null && this.#mayBeGood(holds) && this.beganAt(holds) >= head.began);
    this.#missed.set(uid, isNewest ? null : head.id);
  }

  /** What the volume of this claim started without, and nobody has accepted; null = nothing. */
  missedBy(uid: string): string | null {
    return this.#fine.has(uid) ? null : (this.#missed.get(uid) ?? null);
  }

  /** A snapshot is gone from the bucket: a claim that started without it has nothing to get any more. */
  lost(id: string): void {
    for (const [uid, missed] of this.#missed) if (missed === id) this.#missed.set(uid, null);
  }

  doubted(uid: string): void {
    this.#doubted.add(uid);
  }

  /** A run has seen the claim, and was let finish. */
  seen(uid: string): void {
    this.#seen.add(uid);
    if (this.#asked.has(uid)) this.#fine.add(uid);
  }

  /** A run has seen this source of somebody else's, and could remember it. */
  sawSource(uid: string): void {
    this.#seenSources.add(uid);
  }

  accept(key: string, uid: string): void {
    this.#asked.add(uid);
    this.#accepted.add(key);
    this.#inForce.set(key, null);
  }

  /** It may be demanded of a later claim: its own one started as it should, and nobody was told otherwise. */
  #isGood(id: string): boolean {
    const volume = this.#saved.get(id)?.volume ?? null;
    return this.#isTrulyGood(id) && (volume === null || this.#fine.has(volume) || !this.#doubted.has(volume));
  }

  /** Its claim started as it should, or what it missed is gone since: whatever was told, it follows on all that is there. */
  #isTrulyGood(id: string): boolean {
    const volume = this.#saved.get(id)?.volume ?? null;
    return volume === null || this.missedBy(volume) === null;
  }

  /** Of a claim that came and went between two runs, nobody can know how it began. */
  #mayBeGood(id: string): boolean {
    return this.#isTrulyGood(id) || !this.#isOfSeen(id);
  }

  #isOfSeen(id: string): boolean {
    const volume = this.#saved.get(id)?.volume ?? null;
    return volume === null || this.#seen.has(volume);
  }

  /** Of another source, which is known; one that came and went while no run could remember it leaves no trace but its snapshots. */
  #isStrange(id: string, volume: string): boolean {
    const saved = this.#saved.get(id);
    if (saved === undefined || saved.ours || saved.volume === volume) return false;
    return saved.by === null || this.#seenSources.has(saved.by);
  }

  /** The newest good one. */
  #headOf(alive: readonly TrueSnapshot[]): TrueSnapshot | null {
    return alive.findLast(({ id }) => this.#isGood(id) && this.#isOfSeen(id)) ?? null;
  }

  /**
   * 3: a source of ours lets nothing go while its claim started without its newest backup, nothing that others have saved before
   * somebody accepts it, and nothing that a longer policy of before had kept. Gives what is broken, or null.
   */
  forgets(
    key: string,
    ids: readonly string[],
    { source, volume, alive }: { source: Source; volume: string; alive: readonly TrueSnapshot[] },
  ): string | null {
    if (ids.length === 0 || !source.managed) return null;
    const short = (id: string): string => id.slice(0, 8);
    const missed = this.missedBy(volume);
    const good = ids.find((id) => this.#isGood(id));
    // One that has survived its claim does as it was told, until a run has removed it.
    if (source.memory.claimUid !== volume) return null;
    if (missed !== null && !this.#asked.has(volume) && good !== undefined)
      return `3: ${key}'s own source forgets the good ${short(good)}, although its claim started without ${short(missed)}`;
    const strange = ids.find((id) => this.#isStrange(id, volume));
    if (strange !== undefined && !this.#accepted.has(key))
      return `3: ${key}'s own source forgets ${short(strange)}, which no source of ours has saved, and nobody has accepted that`;
    const before = this.#inForce.get(key) ?? null;
    const gone = new Set(before === null ? [] : forgetsBy(before, alive, alive.at(-1)?.ended ?? 0));
    const lost = before === null || this.#asked.has(volume) ? undefined : ids.find((id) => !gone.has(id));
    if (lost !== undefined)
      return `3: ${key}'s own source forgets ${short(lost)}, which the policy before would have kept, and nobody has accepted that`;
    this.#inForce.set(key, source.spec.retain);
    return null;
  }
}
