/** When an object that movers use may not be changed: VolSync makes a Job anew under a running pod, and a killed mover leaves its lock. */
import type { Instant, Mover } from '../../model.ts';
import { repositorySecretName } from '../../naming.ts';
import type { Source } from '../../source.ts';
import type { Situation } from './situation.ts';

const DUE_SOON = 2 * 60_000;

/** A pod of it runs, or one is due within two minutes. A sync that waits for an unbound claim is not busy. */
export function isSourceBusy(
  source: Source,
  mover: Mover | null,
  { live, now }: { live: boolean; now: Instant },
): boolean {
  if (mover !== null) return mover.active > 0 || mover.failed === 0;
  if (!live) return false;
  if (source.lastSyncStartAt !== null && now - source.lastSyncStartAt < DUE_SOON) return true;
  const due = source.nextSyncAt === null ? null : source.nextSyncAt - now;
  return due !== null && due > -DUE_SOON && due < DUE_SOON;
}

/** A mover works with the claim's repository credentials, or is about to. */
export function areCredentialsInUse(s: Situation, now: Instant): boolean {
  const { sync, live } = s;
  if (sync.state === 'syncing' && !sync.betweenRetries) return true;
  return writersWithOurs(s).some(({ source, mover }) => isSourceBusy(source, mover, { live, now }));
}

/** A mover has failed with them and is tried again: what it uses does not work, and a new value reaches its next pod. */
export function isMoverFailing(s: Situation): boolean {
  return (s.mover?.failed ?? 0) > 0 || writersWithOurs(s).some(({ mover }) => (mover?.failed ?? 0) > 0);
}

function writersWithOurs({ writers, claim }: Situation): Situation['writers'] {
  return writers.filter(({ source }) => source.secret === repositorySecretName(claim));
}

/** A source of ours has noted that the credentials follow this version of the base credentials. */
export function isRememberedBySource({ sources, base }: Situation): boolean {
  return base !== null && sources.some(({ managed, memory }) => managed && memory.baseVersion === base.version);
}
