/** The end of a sync (restore or backup): the status that VolSync writes, and when the next sync is due. */
import { Cron } from 'croner';
import { fieldsAt, text, type Fields, type KubeObject } from '../kube/objects.ts';
import { condition, current, timestamp, writeStatus, type Operator, type Sync } from './operator.ts';

/** When a schedule (five fields, or `@hourly` and its like; UTC) is due next; null for never. */
export function nextTime(schedule: string, after: Date): Date | null {
  return new Cron(schedule, { timezone: 'UTC' }).nextRun(after);
}

/**
 * Counts the seconds of a sync from now on, by the story's clock; where that stands still, by the real one. A sync that waits for its
 * claim has begun all the same.
 */
export function stopwatch({ world }: Operator): () => number {
  const [story, real] = [world.clock().getTime(), performance.now()];
  return () => Math.max(world.clock().getTime() - story, performance.now() - real) / 1000;
}

/** The status at the end of a sync: the last manual trigger, the duration in seconds, and when the next sync is due. */
export function completion(operator: Operator, object: KubeObject, seconds: number): Fields {
  const manual = text(object, 'spec.trigger.manual');
  const schedule = text(object, 'spec.trigger.schedule');
  const now = operator.world.clock();
  const due = manual === undefined && schedule !== undefined ? nextTime(schedule, now) : null;
  return {
    // A trigger that is gone by now leaves none (statemachine/machine.go, transitionToCleaningUp).
    lastManualSync: manual ?? null,
    lastSyncDuration: `${seconds.toFixed(9)}s`,
    lastSyncTime: timestamp(operator),
    lastSyncStartTime: null,
    nextSyncTime: due === null ? null : due.toISOString().replace('.000', ''),
    ...condition(operator, 'CleaningUp'),
  };
}

/**
 * When VolSync is idle it works out anew when a schedule is due, counted from the last sync: a manual trigger that was taken
 * away makes nothing due at once (statemachine/machine.go, doCleanupState).
 */
export function settleDue(
  { kube }: Operator,
  { kind, namespace, name }: Pick<Sync, 'kind' | 'namespace' | 'name'>,
): void {
  const object = kube.peek(kind, namespace, name);
  if (object === undefined) return;
  const [schedule, last] = [text(object, 'spec.trigger.schedule'), text(object, 'status.lastSyncTime')];
  const isScheduled = schedule !== undefined && text(object, 'spec.trigger.manual') === undefined;
  const isIdle = last !== undefined && text(object, 'status.lastSyncStartTime') === undefined;
  if (!isScheduled || !isIdle || text(object, 'status.nextSyncTime') !== undefined) return;
  const due = nextTime(schedule, new Date(last));
  if (due !== null) kube.patchStatus(kind, namespace, name, { nextSyncTime: due.toISOString().replace('.000', '') });
}

/** The last status write: VolSync waits for the next trigger. Without a trigger it writes nothing and starts again at once. */
export function rest(operator: Operator, sync: Sync): void {
  const trigger = fieldsAt(current(operator, sync), 'spec.trigger');
  if (trigger['manual'] !== undefined) writeStatus(operator, sync, condition(operator, 'WaitingForManual'));
  else if (trigger['schedule'] !== undefined) writeStatus(operator, sync, condition(operator, 'WaitingForSchedule'));
}
