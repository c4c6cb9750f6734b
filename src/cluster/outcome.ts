/** What came of a write, as the plan understands it. */
import type { WriteResult } from '../decisions.ts';
import { messageOf } from '../errors.ts';
import { KubeError } from './kube-error.ts';

/** Never rejects. */
export async function outcomeOf(written: Promise<boolean>): Promise<WriteResult> {
  try {
    return { state: 'done', changed: await written };
  } catch (error) {
    const message = messageOf(error);
    // `absent` here means that the object, or its namespace, is gone.
    const isGone = error instanceof KubeError && (error.kind === 'conflict' || error.kind === 'absent');
    return isGone || isAnotherObject(error) ? { state: 'conflict', message } : { state: 'failed', message };
  }
}

/** The API server's refusal of an object that must not exist (see MUST_NOT_EXIST). */
export function isAlreadyThere(error: unknown): boolean {
  const isRefused = error instanceof KubeError && error.status === 422;
  return isRefused && error.message.includes('metadata.resourceVersion: Invalid value');
}

/** The name belongs to another object by now: the API server refuses a patch with the old uid as a change of the uid (422). */
function isAnotherObject(error: unknown): boolean {
  return error instanceof KubeError && error.status === 422 && error.message.includes('metadata.uid: Invalid value');
}

/** What is gone already need not be deleted. */
export function unlessAbsent(error: unknown): void {
  if (!(error instanceof KubeError && error.kind === 'absent')) throw error;
}
