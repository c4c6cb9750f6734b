/** A mover's Job that appears a moment after its destination was deleted: once in twelve deletions on a real cluster. */
import { text, type KubeObject } from '../kube/objects.ts';
import { credentialsIn, type Operator } from './operator.ts';
import { Repository } from './repository.ts';
import { jobName, moverJob } from './shapes.ts';
import { Interrupted } from './timers.ts';

/** If a rule matches, creates such a Job. It holds a lock for as long as a mover works, and is then deleted. */
export async function haunt(operator: Operator, gone: KubeObject): Promise<void> {
  const { namespace = '', name } = gone.metadata;
  if (gone.kind !== 'ReplicationDestination') return;
  const ghost = operator.faults.ghosts.find({ namespace, name, kind: gone.kind });
  if (ghost === undefined) return;
  ghost.drop();
  const credentials = credentialsIn(operator, namespace, text(gone, 'spec.restic.repository') ?? '');
  try {
    await operator.timers.sleep(operator.pace.step);
    const { ownerReferences: _owners, ...metadata } = moverJob(gone, '').metadata;
    operator.kube.apply({ ...moverJob(gone, ''), metadata, status: { active: 1, ready: 1 } });
    const repository = typeof credentials === 'string' ? null : new Repository(operator.world, credentials);
    const lock = repository?.lock(`${jobName(gone.kind, name)}-ghost`);
    await operator.timers.sleep(operator.pace.mover);
    if (lock !== undefined) repository?.unlock(lock);
    operator.kube.remove('Job', namespace, jobName(gone.kind, name));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
}
