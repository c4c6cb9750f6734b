/** Claim records within one run: each is read once, and written once when it differs; a refusal is said once and ends the trying. */
import { eachBounded } from './bounded.ts';
import type { Bucket } from './bucket/bucket.ts';
import type { ClaimRecord, RecordLook } from './claim-record.ts';
import type { BucketView, ClusterView, RootListing } from './model.ts';
import { claimKey } from './naming.ts';
import { digestOf, isForShape, wantsRecord } from './plan/backup/records.ts';
import type { Situation } from './plan/facts/situation.ts';

export class RecordKeeper {
  /** what was read, by claim key */
  readonly read = new Map<string, RecordLook>();
  /** digests of what was written, by claim key */
  readonly written = new Map<string, string>();
  readonly #records: Bucket['records'] & Pick<Bucket, 'listRecords'>;
  readonly #concurrency: number;
  #refused = false;
  #remembered = false;

  constructor(records: Bucket['records'] & Pick<Bucket, 'listRecords'>, concurrency: number) {
    this.#records = records;
    this.#concurrency = concurrency;
  }

  /**
   * After a rebuild the index knows nothing, and a claim whose repository lies at a place of its own is in no listing: its record
   * alone says that there is a backup. Looked for while no run has written the index, once.
   */
  async remember(
    { root }: Pick<BucketView, 'root'>,
    { index }: Pick<ClusterView, 'index'>,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#remembered || index.generatedAt !== null || root.state !== 'listed' || !root.marked) return;
    this.#remembered = true;
    const listed = (await this.#records.listRecords(signal)) ?? [];
    const unlisted = listed.filter(({ namespace, claim }) => !isListed(root, namespace, claim));
    await eachBounded(unlisted, this.#concurrency, async (ref) => {
      this.read.set(claimKey(ref), await this.#records.readRecord(ref, signal));
    });
  }

  /** Reads the records that are worth it. */
  async look(
    situations: readonly Situation[],
    { startedAt, root }: Pick<BucketView, 'startedAt' | 'root'>,
    signal: AbortSignal,
  ): Promise<Situation[]> {
    const wanted = situations.filter((s) => wantsRecord(s, startedAt) && !this.read.has(s.key));
    // A whole listing without our folder says that no record was ever written; nothing that could be lost is believed by it.
    const noneAtAll = root.state === 'listed' && !root.marked;
    await eachBounded(wanted, this.#concurrency, async (s) => {
      const isTold = noneAtAll && isForShape(s, startedAt);
      this.read.set(s.key, isTold ? { state: 'absent' } : await this.#records.readRecord(s, signal));
    });
    if (this.read.size === 0) return [...situations];
    return situations.map((s) => (this.read.has(s.key) ? { ...s, record: this.read.get(s.key) ?? null } : s));
  }

  /**
   * Writes records, after the policies have been told and before anything is applied.
   * @returns how many were written, and the problem when the bucket refuses: said once in a run
   */
  async write(
    records: readonly ClaimRecord[],
    signal: AbortSignal,
  ): Promise<{ count: number; problem: string | null }> {
    let problem: string | null = null;
    let count = 0;
    if (this.#refused) return { count, problem };
    await eachBounded(records, this.#concurrency, async (record) => {
      if (this.#refused || signal.aborted) return;
      const key = claimKey(record);
      // What this run has written itself is read anew.
      const known = this.written.has(key) ? null : (this.read.get(key) ?? null);
      const failed = await this.#records.writeRecord(record, known, signal);
      if (failed === null) {
        this.written.set(key, digestOf(record));
        count += 1;
      } else {
        this.#refused = true;
        problem = failed;
      }
    });
    return { count, problem };
  }
}

function isListed(root: Extract<RootListing, { state: 'listed' }>, namespace: string, claim: string): boolean {
  const level = root.namespaces.get(namespace);
  // A folder that could not be listed may hold it.
  return level !== undefined && (level.state === 'unknown' || level.claims.has(claim));
}
