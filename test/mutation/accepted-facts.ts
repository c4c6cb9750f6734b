/** Mutants of `src/plan/facts`, `src/plan/fleet` and `src/plan/restore` that may live; see accepted.ts. */
export const ACCEPTED_FACTS: readonly { why: string; mutants: readonly string[] }[] = [
  {
    why: 'For the compiler: nobody comes here without it.',
    mutants: [
      'src/plan/facts/backup.ts: indexed?.reason ⇒ indexed.reason',
      'src/plan/facts/repositories-joined.ts: ref === undefined ⇒ false',
      'src/plan/facts/all-claims.ts: source?.managed ⇒ source.managed',
      'src/plan/facts/held-before.ts: newest !== null ⇒ true',
      'src/plan/facts/held-before.ts: doubt === null ⇒ false',
      "src/plan/facts/times.ts: repository.where.kind === 'referenced' ⇒ true",
      'src/plan/facts/writers.ts: only === deciding ⇒ true',
      "src/plan/fleet/emptied-bucket.ts: root.state !== 'listed' ⇒ false",
      'src/plan/fleet/first-backups.ts: claimObject?.createdAt ⇒ claimObject.createdAt',
      'src/plan/fleet/lookups.ts: [] ⇒ ["Stryker was here"]',
      'src/plan/fleet/lookups.ts: s.claimObject?.volumeName ⇒ s.claimObject.volumeName',
      'src/plan/fleet/surplus.ts: destination?.deleting ⇒ destination.deleting',
      'src/plan/fleet/surplus.ts: destination === null ⇒ false',
      'src/plan/fleet/waves.ts: destination?.lastSyncStartAt ⇒ destination.lastSyncStartAt',
      'src/plan/fleet/waves.ts: destination === null ⇒ false',
    ],
  },
  {
    why: 'For the compiler: an address of another kind lies in no bucket, and has no host that may be asked.',
    mutants: ["src/plan/facts/repositories.ts: address.backend === 's3' ⇒ true"],
  },
  {
    why: 'Without a period the snapshot before the last would have to be as young as the last, and nothing fits in between.',
    mutants: ['src/plan/facts/second-writer.ts: period === null ⇒ false'],
  },
  {
    why: 'Without it the general way is gone, which comes to the same; nearly all claims are spared that.',
    mutants: [
      'src/plan/facts/situation.ts: others.length === 0 ⇒ false',
      "src/plan/fleet/credentials-wanted.ts: s.probe?.state !== 'listed' ⇒ false",
      'src/plan/fleet/lookups.ts: newcomers.length <= ALWAYS_PROBED ⇒ false',
      'src/plan/fleet/lookups.ts: newcomers.length <= ALWAYS_PROBED ⇒ newcomers.length < ALWAYS_PROBED',
      'src/plan/fleet/namespaces.ts: settings.createNamespaces.length === 0 ⇒ false',
      'src/plan/facts/all-claims.ts: !claims.has(claim) ⇒ true',
      'src/plan/facts/all-claims.ts: !cluster.destinations.has(key) && !cluster.claims.has(key) ⇒ true',
      'src/plan/facts/all-claims.ts: !cluster.destinations.has(key) && !cluster.claims.has(key) ⇒ !cluster.destinations.has(key) || !cluster.claims.has(key)',
      'src/plan/facts/elsewhere.ts: facts.further.length === 0 && !wasNewer ⇒ false',
      'src/plan/facts/elsewhere.ts: facts.further.length === 0 ⇒ false',
      'src/plan/facts/repositories.ts: repositories.length === 0 ⇒ false',
      'src/plan/facts/repositories.ts: primary === null && repositories.length === 0 ⇒ false',
      'src/plan/facts/repositories.ts: primary === null ⇒ false',
      'src/plan/facts/writers.ts: all.length === 1 && only === deciding && (repository === nul … ources.includes(only.name)) ⇒ false',
    ],
  },
  {
    why: 'A text in place of nothing: it has none of the fields that are asked for, and is no id, no name and no address.',
    mutants: [
      'src/plan/facts/repositories-joined.ts: [] ⇒ ["Stryker was here"]',
      'src/plan/facts/elsewhere.ts: [] ⇒ ["Stryker was here"]',
      'src/plan/facts/repositories-owner.ts: [] ⇒ ["Stryker was here"]',
      'src/plan/facts/repositories-shared.ts: [] ⇒ ["Stryker was here"]',
      'src/plan/fleet/surplus.ts: [] ⇒ ["Stryker was here"]',
      `src/plan/facts/held-back.ts: '' ⇒ "Stryker was here!"`,
      `src/plan/facts/repositories.ts: '' ⇒ "Stryker was here!"`,
    ],
  },
  {
    why: 'Without the time of its making it is as if it were of 1970, and so not of this run.',
    mutants: [
      'src/plan/fleet/namespaces.ts: createdAt !== null ⇒ true',
      'src/plan/fleet/newcomers.ts: d.createdAt !== null ⇒ true',
    ],
  },
];
