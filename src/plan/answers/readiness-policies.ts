/**
 * The shipped admission policies in their own words, one function for each: what the API server does with a claim that is
 * created, in the API server's order. A test asks them about every row of the policies' truth table.
 */
import type { Claim, Destination, Instant, Source } from '../../model.ts';
import type { IndexShard, IndexView } from '../../index-model.ts';
import { INDEX_KEY, indexKey } from '../../naming.ts';
import type { Reason } from '../../reasons.ts';
import { readSaved } from '../../restic/log-lines.ts';
import { hasRestoredNothing, isAttachable } from '../facts/attachable.ts';
import { CLOCKS_DIFFER, INDEX_LASTS } from '../facts/backup.ts';
import { asksForLess } from '../restore/wanted-spec.ts';
import { parseTime } from '../../time.ts';

/** Which of the shipped policies decide. */
export interface Policies {
  restore: boolean;
  hold: boolean;
  gate: boolean;
  'gate-source': boolean;
  shape: boolean;
  prime: boolean;
  'opt-out': boolean;
}

export const SAFE: Policies = {
  restore: true,
  hold: true,
  gate: true,
  'gate-source': true,
  shape: true,
  prime: true,
  'opt-out': true,
};

/** What the API server looks at when a claim is created. */
export interface Door {
  claim: Claim;
  /** `<pvc>-restore` in its namespace, whoever made it */
  destination: Destination | null;
  /** all sources of the claim */
  sources: readonly Source[];
  index: Pick<IndexView, 'shards'>;
  now: Instant;
}

/** Refused, and why; `null` = the verdict's own reason counts, which only the worker knows. */
export interface Refusal {
  reason: Reason | null;
  /** a repeated creation is admitted later, without a person doing anything */
  passes: boolean;
}

/** What admission makes of a claim: refused, or stored, with the reference that a policy gave it or with its own. */
export type Admission = { refused: Refusal } | { attached: boolean };

/** Asks the policies in order: the mutating ones first, then every validating one, of which each can refuse. */
export function admission(door: Door, policies: Policies): Admission {
  if (door.claim.optOut !== 'no') return policies['opt-out'] ? optOut(door) : { attached: false };
  const attached = (policies.restore && restore(door)) || (policies.hold && hold(door));
  const refers = attached || door.claim.reference !== null;
  const refusals = [
    policies.gate ? missingIndex(door) : null,
    policies.gate && !refers ? gate(door) : null,
    policies['gate-source'] && !refers ? gateSource(door) : null,
    policies.shape && (attached || door.claim.restoresFromUs) ? shape(door) : null,
  ];
  const refused = refusals.find((one) => one !== null);
  return refused === undefined ? { attached } : { refused };
}

function optOut({ claim }: Door): Admission {
  const refused: Refusal = { reason: 'opted-out', passes: false };
  return claim.optOut === 'without-reason' ? { refused } : { attached: false };
}

/** It says nothing of where its data is from, and something can be restored into it. */
function canBeAttached({ bringsSource, isStatic, volumeName }: Claim): boolean {
  return !bringsSource && !isStatic && volumeName === null;
}

/** `restore`: does it get the reference to a usable image? */
function restore({ claim, destination }: Door): boolean {
  return destination !== null && canBeAttached(claim) && isAttachable(destination);
}

/** `hold`: does it get the reference because the index says that there is a backup? */
function hold({ claim, index }: Door): boolean {
  const entries = selected(index).map((shard) => entryOf(shard, claim));
  return canBeAttached(claim) && claim.volumeMode !== 'Block' && entries.some((one) => one.startsWith('attach '));
}

/** The binding by name: without the first index object the API server refuses every protected claim. */
function missingIndex({ index }: Door): Refusal | null {
  return index.shards.some(({ number }) => number === 0) ? null : { reason: 'index-missing', passes: false };
}

/** `gate`: is it refused because the index knows a backup, or does not know? A claim with a volume of its own is let be. */
function gate(door: Door): Refusal | null {
  const { claim, index } = door;
  if (claim.volumeName !== null) return null;
  const shards = index.shards.filter(({ number, selected: labelled }) => number === 0 || labelled);
  const listed = shards.map((shard) => entryOf(shard, claim)).find((one) => /^(?:attach|refuse) /.test(one));
  if (listed !== undefined) return cannotHold(claim) ?? { reason: null, passes: listed.startsWith('attach ') };
  if (shards.some(({ parameters }) => !(INDEX_KEY.generatedAt in parameters)))
    return { reason: 'index-unwritten', passes: true };
  const stale = shards.find((shard) => !isTolerant(shard) && !knows(shard, door));
  if (stale === undefined) return null;
  return { reason: INDEX_KEY.bucketUnmarked in stale.parameters ? 'bucket-unmarked' : 'index-stale', passes: true };
}

/** `gate-source`: has a source that is still there saved a snapshot? The next run tells the index of it. */
function gateSource({ claim, sources }: Door): Refusal | null {
  if (claim.volumeName !== null) return null;
  const saved = sources.some((source) => source.hasBackup || readSaved(source.moverLogs) !== null);
  return saved ? (cannotHold(claim) ?? { reason: 'index-stale', passes: true }) : null;
}

/** What nothing can be restored into is refused for good. */
function cannotHold({ isStatic, volumeMode }: Claim): Refusal | null {
  if (volumeMode === 'Block') return { reason: 'volume-mode-block', passes: false };
  return isStatic ? { reason: 'volume-static', passes: false } : null;
}

/** `shape`: can it be filled from the destination that it refers to? */
function shape({ claim, destination: d }: Door): Refusal | null {
  if (d === null || !(d.managed || isAdopted(d))) return null;
  if (d.memory.suspect !== null && d.memory.suspect.image === d.latestImage?.name)
    return { reason: 'image-empty', passes: true };
  return (d.managed ? ownImage(d) : null) ?? fit(claim, d);
}

/** Of a destination of ours: is its image for claims like this one at all? */
function ownImage(d: Destination): Refusal | null {
  if (d.memory.fresh !== null) return { reason: 'restore-point-fresh', passes: true };
  return hasRestoredNothing(d) ? { reason: 'image-empty', passes: true } : null;
}

function fit(claim: Claim, d: Destination): Refusal | null {
  if (claim.isStatic) return { reason: 'volume-static', passes: false };
  if (asksForLess(claim, d.memory.restoreSize)) return { reason: 'claim-too-small', passes: false };
  if (claim.volumeMode === 'Block') return { reason: 'volume-mode-block', passes: false };
  return d.managed && !isOfItsClass(claim, d) ? { reason: 'class-differs', passes: false } : null;
}

function isOfItsClass({ storageClass }: Claim, { memory, spec }: Destination): boolean {
  return (
    spec.storageClass === null ||
    storageClass === null ||
    storageClass === spec.storageClass ||
    memory.classes.includes(storageClass)
  );
}

/** Somebody else's, with the label that hands it over. */
export function isAdopted({ labels }: Destination): boolean {
  return labels[ADOPT_LABEL] === 'true';
}

const ADOPT_LABEL = 'volsync-prewarm/adopt';

function selected({ shards }: Door['index']): readonly IndexShard[] {
  return shards.filter((shard) => shard.selected);
}

function entryOf({ parameters }: IndexShard, claim: Claim): string {
  return parameters[indexKey(claim)] ?? '';
}

function isTolerant({ parameters }: IndexShard): boolean {
  return (parameters[INDEX_KEY.onStale] ?? 'allow') === 'allow';
}

/** Can this object say that there is no backup? */
function knows({ parameters }: IndexShard, { claim, now }: Door): boolean {
  const written = parameters[INDEX_KEY.generatedAt] ?? '';
  const at = UTC.test(written) ? parseTime(written) : null;
  return (
    at !== null &&
    at > now - INDEX_LASTS &&
    at < now + CLOCKS_DIFFER &&
    !(INDEX_KEY.unknown + claim.namespace in parameters) &&
    !(INDEX_KEY.bucketUnmarked in parameters)
  );
}

const UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;
