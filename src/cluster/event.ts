/** The Warning event on a claim that waits in vain, as `kubectl describe pvc` shows it. */
import type { Action } from '../decisions.ts';
import { hash } from '../hash.ts';
import { PRODUCT } from '../naming.ts';

type Warning = Extract<Action, { kind: 'warn-claim' }>;

/** One event for each claim and reason, so that a repetition is the same object. */
export function eventPath(warning: Warning): string {
  return `/api/v1/namespaces/${warning.namespace}/events/${eventName(warning)}`;
}

/** The name of a claim may be as long as that of an event, so it is cut to leave room for the hash. */
function eventName({ claim, uid, reason }: Warning): string {
  return `${claim.slice(0, 200).replace(/[-.]+$/, '')}.${hash(`${uid} ${reason}`).toString(16).padStart(8, '0')}`;
}

/** The complete event. Its only time is that of the warning, cut to the hour, because API servers keep events for an hour. */
export function eventManifest(warning: Warning): Record<string, unknown> {
  const { namespace, claim, uid, reason, message } = warning;
  const at = new Date(warning.at).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(warning), namespace },
    involvedObject: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim, uid },
    type: 'Warning',
    reason: 'RestoreBlocked',
    message: `${reason}: ${message}`,
    source: { component: PRODUCT },
    reportingComponent: PRODUCT,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}
