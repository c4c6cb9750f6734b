import { ACCEPTED_FACTS } from './accepted-facts.ts';

/**
 * Mutants that may live, each with its reason. They are named by the text that is replaced and what replaces it, as in
 * docs/reference/mutation.md, so that a move of lines changes nothing.
 */
export interface Accepted {
  /** a sentence that ends with a full stop */
  why: string;
  mutants: readonly string[];
}

export const ACCEPTED: readonly Accepted[] = [
  ...ACCEPTED_FACTS,
  {
    why: 'The caller has asked this already; a function that deletes asks again, so that no later caller can forget it.',
    mutants: [
      'src/plan/restore/deletion.ts: destination?.managed !== true ⇒ false',
      'src/plan/restore/deletion.ts: destination?.managed ⇒ destination.managed',
    ],
  },
  {
    why: 'For the compiler: the term next to it is false for null anyway.',
    mutants: [
      'src/plan/facts/backup.ts: generatedAt !== null ⇒ true',
      'src/plan/answers/unblocked.ts: reason !== null ⇒ true',
    ],
  },
  {
    why: 'A count of 0 stands beside the time 0, which is neither in the future nor within a period.',
    mutants: ['src/plan/facts/backup.ts: count > 0 ⇒ true', 'src/plan/facts/backup.ts: count > 0 ⇒ count >= 0'],
  },
  {
    why: 'For the compiler: every caller has it, or what stands before has asked for it.',
    mutants: [
      'src/plan/restore/fit.ts: destination?.spec ⇒ destination.spec',
      'src/plan/restore/fit.ts: [] ⇒ ["Stryker was here"]',
      'src/plan/restore/judge.ts: destination === null ⇒ false',
      'src/plan/restore/judge.ts: claim.destination === null ⇒ false',
      'src/plan/restore/judge.ts: [] ⇒ ["Stryker was here"]',
      'src/plan/restore/notes.ts: claim.base?.version ⇒ claim.base.version',
      'src/plan/restore/notes.ts: latestImage?.name ⇒ latestImage.name',
      `src/plan/restore/notes.ts: '' ⇒ "Stryker was here!"`,
      'src/plan/restore/notes.ts: s.destination?.memory ⇒ s.destination.memory',
      'src/plan/restore/prime-notes.ts: d === null ⇒ false',
      'src/plan/restore/prime-notes.ts: false ⇒ true',
      'src/plan/restore/prime-notes.ts: { memory: null } ⇒ {}',
      'src/plan/restore/prime-notes.ts: memory?.newest ⇒ memory.newest',
      'src/plan/restore/prime-notes.ts: destination?.deleting ⇒ destination.deleting',
      'src/plan/restore/prime-notes.ts: destination?.lastSyncSeconds ⇒ destination.lastSyncSeconds',
      'src/plan/restore/prime-notes.ts: destination === null ⇒ false',
      'src/plan/restore/waiting.ts: { snapshot: null, repository: null } ⇒ {}',
      'src/plan/restore/waiting.ts: reason === null ⇒ false',
      'src/plan/restore/next-step.ts: claimObject?.uid ⇒ claimObject.uid',
      'src/plan/restore/next-step.ts: destination?.asked ⇒ destination.asked',
      'src/plan/restore/next-step.ts: destination?.manual ⇒ destination.manual',
      'src/plan/restore/next-step.ts: destination?.managed ⇒ destination.managed',
      'src/plan/restore/next-step.ts: destination?.lastSyncAt ⇒ destination.lastSyncAt',
      'src/plan/restore/overdue.ts: claim.claimObject?.uid ⇒ claim.claimObject.uid',
      'src/plan/restore/deletion.ts: claim.destination?.deleting ⇒ claim.destination.deleting',
      'src/plan/restore/restorable.ts: destination === null ⇒ false',
      'src/plan/restore/restorable.ts: memory.verified?.at ⇒ memory.verified.at',
      'src/plan/restore/restore-point.ts: destination?.managed ⇒ destination.managed',
      'src/plan/facts/changed.ts: destination === null ⇒ false',
      'src/plan/facts/contents.ts: d === null ⇒ false',
      'src/plan/answers/explanation.ts: ours === undefined ⇒ false',
      'src/plan/answers/findings.ts: first === undefined ⇒ false',
      'src/plan/answers/findings.ts: [] ⇒ ["Stryker was here"]',
      `src/plan/answers/findings.ts: '' ⇒ "Stryker was here!"`,
      "src/plan/answers/findings.ts: claim.listed.state === 'unknown' ⇒ true",
      'src/plan/answers/of-others.ts: path === null ⇒ false',
      "src/plan/answers/of-others.ts: one.where.kind === 'referenced' ⇒ true",
      'src/plan/answers/password-finding.ts: s.base?.version ⇒ s.base.version',
      `src/plan/answers/password-finding.ts: '' ⇒ "Stryker was here!"`,
      'src/plan/answers/readiness.ts: d.latestImage?.name ⇒ d.latestImage.name',
      "src/plan/answers/repository-findings.ts: contents.state === 'empty' ⇒ true",
      'src/plan/answers/repository-findings.ts: destination?.managed ⇒ destination.managed',
      "src/plan/answers/trust-findings.ts: bucket.marker?.state === 'read' ⇒ true",
      'src/plan/answers/unblocked.ts: index.shards[0]?.parameters ⇒ index.shards[0].parameters',
    ],
  },
  {
    why: 'For the compiler: only a sync that runs has the field that is asked next.',
    mutants: [
      "src/plan/restore/prime-notes.ts: sync.state === 'syncing' ⇒ true",
      "src/plan/restore/next-step.ts: sync.state === 'syncing' ⇒ true",
    ],
  },
  {
    why: 'A text that is no quantity, no time, no entry and no folder says nothing, whichever it is.',
    mutants: [
      `src/plan/restore/fit.ts: '' ⇒ "Stryker was here!"`,
      `src/plan/restore/wanted-spec.ts: '' ⇒ "Stryker was here!"`,
      `src/plan/answers/readiness-policies.ts: '' ⇒ "Stryker was here!"`,
      'src/plan/answers/repository-findings.ts: [] ⇒ ["Stryker was here"]',
    ],
  },
  {
    why: 'The last case leaves the switch in any way.',
    mutants: [
      "src/plan/restore/restore-point.ts: case 'ready': break; ⇒ case 'ready':",
      `src/plan/restore/restore-point.ts: 'ready' ⇒ ""`,
    ],
  },
  {
    why: 'What is equal is one thing, or was told apart before.',
    mutants: [
      'src/plan/facts/newest.ts: one.id > best.id ⇒ one.id >= best.id',
      'src/plan/facts/stale-locks.ts: a.name < b.name ⇒ a.name <= b.name',
      'src/plan/facts/order.ts: a < b ⇒ a <= b',
      'src/plan/facts/all-claims.ts: a < b ⇒ a <= b',
      'src/plan/facts/repositories-wanted.ts: a < b ⇒ a <= b',
    ],
  },
  {
    why: 'It spares work: the answer is the same.',
    mutants: [
      'src/plan/facts/writers.ts: movers.size === 0 ⇒ false',
      'src/plan/facts/writers.ts: writers.length <= 1 ⇒ false',
      'src/plan/facts/writers.ts: writers.length <= 1 ⇒ writers.length < 1',
      'src/plan/facts/repositories-joined.ts: destinations === cluster.destinations ⇒ false',
      'src/plan/facts/repositories-joined.ts: cluster.places.size === 0 ⇒ false',
      'src/plan/facts/repositories-joined.ts: cluster.otherDestinations.length === 0 ⇒ false',
      'src/plan/answers/events.ts: trouble === null && doubt === null ⇒ false',
      'src/plan/answers/findings.ts: waits === null && lost === null ⇒ false',
      'src/plan/answers/findings.ts: claimObject.unread.length === 0 ⇒ false',
      'src/plan/answers/index-entries.ts: value === claim.indexed?.value ⇒ false',
      'src/plan/answers/index-entries.ts: cluster.places.size === 0 ⇒ false',
      'src/plan/answers/index-entries.ts: [] ⇒ ["Stryker was here"]',
      'src/plan/answers/repositories-told.ts: base.length <= 100 && maskAddress(`${base}a/a`) === `${base}a/a` ⇒ false',
      'src/plan/answers/repositories-told.ts: base.length <= 100 ⇒ base.length < 100',
      'src/plan/answers/repositories-told.ts: `${base}a/a` ⇒ ``',
      'src/plan/answers/repositories-told.ts: isPlain && PLAIN.test(key) ⇒ false',
      'src/plan/answers/repositories-told.ts: further.length === 0 ⇒ false',
      'src/plan/answers/repositories-told.ts: /^[a-z0-9./-]{1,150}$/ ⇒ /^[a-z0-9./-]$/',
      'src/plan/answers/repositories-told.ts: /^[a-z0-9./-]{1,150}$/ ⇒ /^[^a-z0-9./-]{1,150}$/',
      'src/plan/answers/repository-findings.ts: misplaced.length === 0 ⇒ false',
    ],
  },
  {
    why: 'Without a time the difference lies outside of every limit.',
    mutants: [
      'src/plan/restore/prime-notes.ts: due !== null ⇒ true',
      'src/plan/facts/busy.ts: source.lastSyncStartAt !== null ⇒ true',
      'src/plan/facts/busy.ts: source.nextSyncAt === null ⇒ false',
      'src/plan/facts/source.ts: source.nextSyncAt === null ⇒ false',
      'src/plan/facts/source.ts: since !== null ⇒ true',
      'src/plan/facts/held-back.ts: holdUntil === null ⇒ false',
      'src/plan/facts/held-back.ts: nextBackup === null ⇒ false',
      'src/plan/answers/readiness-policies.ts: at !== null ⇒ true',
      'src/plan/answers/clock.ts: skew === null ⇒ false',
    ],
  },
  {
    why: 'A difference of 0 has been left out before.',
    mutants: ['src/plan/answers/clock.ts: skew > 0 ⇒ skew >= 0'],
  },
  {
    why: 'Date.parse takes no text with more behind the Z.',
    mutants: [
      String.raw`src/plan/answers/readiness-policies.ts: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/ ⇒ /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/`,
    ],
  },
];
