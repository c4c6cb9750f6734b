/** One sync of a ReplicationSource. */
import { at, text, type Fields, type KubeObject } from '../kube/objects.ts';
import { completion, rest, stopwatch } from './completion.ts';
import { runMover, suffer, underLock, type PodWork } from './movers.ts';
import {
  condition,
  credentialsOf,
  current,
  settle,
  step,
  timestamp,
  writeStatus,
  type Operator,
  type Sync,
} from './operator.ts';
import { MoverFailure, Repository, type Credentials, type World } from './repository.ts';
import { forgetOptions, forgettable } from './retention.ts';
import { jobName, moverClaim } from './shapes.ts';
import { Interrupted } from './timers.ts';

const EMPTY = '== Directory is empty skipping backup ===';

function sourceOf(operator: Operator, sync: Sync): KubeObject {
  const found = current(operator, sync);
  if (found === undefined) throw new Interrupted('gone');
  return found;
}

/** Why a backup cannot start yet; '' if the claim is only not Bound yet, which VolSync does not report as an error. */
function trouble(operator: Operator, sync: Sync): string | null {
  const source = sourceOf(operator, sync);
  const name = text(source, 'spec.sourcePVC') ?? '';
  const claim = operator.kube.peek('PersistentVolumeClaim', sync.namespace, name);
  if (claim === undefined) return `PersistentVolumeClaim "${name}" not found`;
  const credentials = credentialsOf(operator, sync);
  if (typeof credentials === 'string') return credentials;
  return text(claim, 'status.phase') === 'Bound' ? null : '';
}

function unlockWanted(source: KubeObject): string | undefined {
  const wanted = text(source, 'spec.restic.unlock');
  return wanted === text(source, 'status.restic.lastUnlocked') ? undefined : wanted;
}

/** The backup itself: a new snapshot, then `forget`, which fails if another process holds a lock. */
async function save(operator: Operator, sync: Sync, signal: AbortSignal): Promise<string> {
  sync.state = 'failing'; // until it is clear that the repository can be opened
  const credentials = credentialsOf(operator, sync);
  if (typeof credentials === 'string') throw new MoverFailure(`${credentials}\n`);
  const { restic } = operator.world;
  if (restic !== undefined) return saveWith(restic, operator, sync, credentials);
  const repository = new Repository(operator.world, credentials);
  const log = repository.open(credentials.RESTIC_PASSWORD);
  const source = sourceOf(operator, sync);
  if (unlockWanted(source) !== undefined) repository.unlockStale();
  const parent = repository.snapshots().at(-1);
  const id = await underLock(operator, sync, repository, async (fault) => {
    const began = operator.world.clock();
    if (fault !== undefined) await suffer(operator, fault, signal);
    await operator.timers.sleep(operator.pace.mover, [signal]);
    return repository.save(began);
  });
  log.push(
    parent === undefined
      ? 'no parent snapshot found, will read all files'
      : `using parent snapshot ${parent.id.slice(0, 8)}`,
    'Added to the repository: 639 B (447 B stored)',
    'processed 2 files, 4 B in 0:00',
    `snapshot ${id.slice(0, 8)} saved`,
  );
  try {
    repository.unlock(repository.lock(`${jobName(sync.kind, sync.name)}-${sync.uid.slice(0, 5)}`, true));
    repository.forget(forgettable(repository.saved(), forgetOptions(source), operator.world.clock()));
  } catch (error) {
    sync.state = 'failing';
    throw error instanceof MoverFailure ? new MoverFailure(`${log.join('\n')}\n${error.log}`) : error;
  }
  log.push('Restic completed in 1s');
  return log.join('\n');
}

/** The same by a restic that is no model. */
async function saveWith(
  restic: NonNullable<World['restic']>,
  operator: Operator,
  sync: Sync,
  credentials: Credentials,
): Promise<string> {
  const source = sourceOf(operator, sync);
  sync.state = 'working';
  try {
    return await restic({
      credentials,
      namespace: sync.namespace,
      claim: text(source, 'spec.sourcePVC') ?? '',
      began: operator.world.clock(),
      forget: forgetOptions(source),
      unlock: unlockWanted(source) !== undefined,
    });
  } catch (error) {
    sync.state = 'failing';
    throw error;
  }
}

function podWork(operator: Operator, sync: Sync): PodWork {
  return async (signal) => {
    const claim = text(sourceOf(operator, sync), 'spec.sourcePVC') ?? '';
    const content = operator.contents.ofClaim(sync.namespace, claim);
    if (content !== undefined && (content.written || content.snapshot !== null)) return save(operator, sync, signal);
    await operator.timers.sleep(Math.min(operator.pace.mover, 10), [signal]);
    return EMPTY;
  };
}

/** Runs one backup from its first status write to its last. Throws Interrupted when the sync is cancelled. */
export async function backup(operator: Operator, sync: Sync): Promise<void> {
  await step(operator, sync);
  const seconds = stopwatch(operator);
  const before = sourceOf(operator, sync);
  const fresh: Fields =
    at(before, 'status.latestMoverStatus') === undefined ? { latestMoverStatus: {}, restic: {} } : {};
  writeStatus(operator, sync, {
    ...condition(operator, 'SyncInProgress'),
    lastSyncStartTime: timestamp(operator),
    ...fresh,
  });
  await step(operator, sync);
  await settle(operator, sync, () => trouble(operator, sync));
  const cache = `${jobName(sync.kind, sync.name)}-cache`;
  if (operator.kube.peek('PersistentVolumeClaim', sync.namespace, cache) === undefined) {
    operator.kube.apply(moverClaim(sourceOf(operator, sync), { name: cache, size: '1Gi', cache: true }));
  }
  const logs = await runMover(operator, sync, podWork(operator, sync));
  await step(operator, sync);
  const source = sourceOf(operator, sync);
  const unlocked = unlockWanted(source);
  writeStatus(operator, sync, {
    latestMoverStatus: { result: 'Successful', logs },
    ...(unlocked === undefined ? {} : { restic: { lastUnlocked: unlocked } }),
    ...completion(operator, source, seconds()),
  });
  await step(operator, sync);
  operator.kube.remove('Job', sync.namespace, jobName(sync.kind, sync.name));
  rest(operator, sync);
}
