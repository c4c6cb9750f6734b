/** A source of ours as the facts want it, and how the one that is there differs. */
import type { DesiredSource } from '../../decisions.ts';
import type { Claim } from '../../model.ts';
import { lacks, namesUser, withUser, type MoverSpec } from '../../mover-spec.ts';
import { parseMoverUser } from '../../mover-user.ts';
import { backupTagUntil, repositorySecretName } from '../../naming.ts';
import { formatOrigin, type OriginMemory } from '../../origin.ts';
import { sameRetain } from '../../retain.ts';
import type { Settings } from '../../settings/settings.ts';
import { NO_SOURCE_MEMORY, type Source, type SourceMemory } from '../../source.ts';
import type { Situation } from '../facts/situation.ts';
import { moverBySettings } from '../restore/wanted-spec.ts';
import type { Keeping } from './keeping.ts';
import { scheduleOf } from './schedule.ts';

/** restic looks for what nothing refers to any more, and gives the space back, once a week. */
const PRUNE_DAYS = 7;

export interface WantedSource {
  claim: Claim;
  keeping: Keeping;
  origin: OriginMemory | null;
  /** the one of ours that is there */
  ours: Source | null;
}

/** The complete source. What a person has set beside our fields is not ours, and is not in it. */
export function wantedSource(s: Situation, settings: Settings, wanted: WantedSource): DesiredSource {
  const { claim, keeping, origin, ours } = wanted;
  const told = carriedBy(s, ours);
  return {
    namespace: s.namespace,
    claim: s.claim,
    existing: ours && { uid: ours.uid, resourceVersion: ours.resourceVersion },
    schedule: scheduleOf(s, claim.tier, settings),
    spec: {
      repository: repositorySecretName(s.claim),
      copyMethod: 'Snapshot',
      retain: keeping.retain,
      pruneIntervalDays: PRUNE_DAYS,
      unlock: ours?.spec.unlock ?? null,
      snapshotClass: settings.snapshotClass,
      moverSpec: moverOf(s, settings, { wanted, told }),
    },
    memory: {
      ...(ours?.memory ?? NO_SOURCE_MEMORY),
      claimUid: claim.uid,
      baseVersion: followed(s) ?? ours?.memory.baseVersion ?? null,
      origin,
      podUser: podUserOf(s, ours),
      retain: keeping.established,
      keeps: keeping.why,
      carried: fieldsOf(told),
    },
    capacity: claim.request,
    hasBackup: ours?.hasBackup === true || s.indexed !== null,
  };
}

/** The version of the base credentials that the Secret of both directions follows; null = it was not read, or does not yet. */
function followed({ base, credentials }: Situation): string | null {
  if (base === null || base.content === null || credentials === null) return null;
  const follows = credentials.state === 'ours' ? credentials.differs.length === 0 : credentials.state !== 'foreign';
  return follows ? base.version : null;
}

/**
 * What other objects tell of its mover: once it is made, what was taken over then; before, what the destination has copied from a
 * source that is gone, or the claim record.
 */
export function carriedBy({ destination, record }: Situation, ours: Source | null): MoverSpec | null {
  if (ours !== null) return only(ours.spec.moverSpec, ours.memory.carried);
  if (destination?.memory.moverFrom === 'source') return destination.spec.moverSpec;
  return record?.state === 'read' ? record.record.mover : null;
}

/** The mover spec with these fields alone. */
function only(spec: MoverSpec, fields: readonly string[]): MoverSpec {
  return {
    fields: Object.fromEntries(Object.entries(spec.fields).filter(([field]) => fields.includes(field))),
    cacheCapacity: fields.includes('cacheCapacity') ? spec.cacheCapacity : null,
    cacheStorageClass: fields.includes('cacheStorageClass') ? spec.cacheStorageClass : null,
    cacheAccessModes: fields.includes('cacheAccessModes') ? spec.cacheAccessModes : [],
  };
}

/** The names of what such a spec says. */
function fieldsOf(spec: MoverSpec | null): string[] {
  if (spec === null) return [];
  return [
    ...Object.keys(spec.fields),
    ...(spec.cacheCapacity === null ? [] : ['cacheCapacity']),
    ...(spec.cacheStorageClass === null ? [] : ['cacheStorageClass']),
    ...(spec.cacheAccessModes.length === 0 ? [] : ['cacheAccessModes']),
  ].sort();
}

/** Whom it runs as: the claim's annotation, what the destination or the record keeps, a pod of the claim, the setting. */
function moverOf(
  s: Situation,
  settings: Settings,
  { wanted: { claim, ours }, told }: { wanted: WantedSource; told: MoverSpec | null },
): MoverSpec {
  const base = moverBySettings(settings, told);
  if (claim.moverUser !== null) return withUser(base, claim.moverUser);
  if (namesUser(base)) return base;
  const ofPods = podUserOf(s, ours);
  return withUser(base, (ofPods === null ? null : parseMoverUser(ofPods)) ?? settings.mover);
}

/** What pods of this claim ran as when somebody looked: once that is known it stays so for as long as the claim does. */
function podUserOf({ podUser }: Situation, ours: Source | null): string | null {
  return ours?.memory.podUser ?? podUser;
}

/** Does one of our fields differ? What others have set beside them does not count. */
export function differs(ours: Source, wanted: DesiredSource): boolean {
  const { spec, memory } = wanted;
  const { moverSpec: has } = ours.spec;
  const { moverSpec: wants } = spec;
  return (
    ours.schedule !== wanted.schedule ||
    (ours.manual !== null && backupTagUntil(ours.manual) === null) ||
    ours.spec.repository !== spec.repository ||
    ours.spec.copyMethod !== spec.copyMethod ||
    ours.spec.pruneIntervalDays !== spec.pruneIntervalDays ||
    !sameRetain(ours.spec.retain, spec.retain) ||
    (spec.snapshotClass !== null && ours.spec.snapshotClass !== spec.snapshotClass) ||
    lacks(has, wants, ours.memory.setFields) ||
    ours.capacity !== wanted.capacity ||
    remembersElse(ours.memory, memory)
  );
}

function remembersElse(has: SourceMemory, wants: SourceMemory): boolean {
  return (
    has.claimUid !== wants.claimUid ||
    has.baseVersion !== wants.baseVersion ||
    has.keeps !== wants.keeps ||
    has.podUser !== wants.podUser ||
    !sameRetain(has.retain, wants.retain) ||
    originText(has.origin) !== originText(wants.origin)
  );
}

function originText(origin: OriginMemory | null): string {
  return origin === null ? '' : formatOrigin(origin);
}
