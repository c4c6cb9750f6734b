/** The jail's table against the pure core. */
import { validate } from '../../sandbox/admission/admit.ts';
import type { Policies } from '../../sandbox/admission/model.ts';
import type { Review } from '../../sandbox/kube/admission.ts';
import { asObject, mergePatch, type KubeObject, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { resourceOf } from '../../sandbox/kube/resources.ts';
import { worldOf } from './core.ts';
import type { JailRow } from './jail-build.ts';

const WORKER = 'system:serviceaccount:volsync-system:volsync-prewarm';

function afterOf({ how, before, sent }: JailRow): KubeObject | null {
  if (how === 'deletes') return null;
  const merged: unknown = how.startsWith('patches') || how === 'applies' ? mergePatch(before ?? {}, sent) : sent;
  const object = asObject(merged);
  const { generateName, name } = object.metadata;
  return { ...object, metadata: { ...object.metadata, name: name ?? `${generateName}x7k2p` } };
}

/** What a row's write is to the policies. */
function jailReview(row: JailRow): Review {
  const object = afterOf(row);
  const old = row.before === null ? null : asObject(row.before);
  const { namespace = '' } = row.sent.metadata;
  return {
    operation: object === null ? 'DELETE' : old === null ? 'CREATE' : 'UPDATE',
    resource: resourceOf(row.sent.kind),
    subresource: row.how === 'patches the status of' ? 'status' : '',
    namespace,
    name: object?.metadata.name ?? row.sent.metadata.name ?? '',
    object,
    old,
    user: row.by === 'worker' ? WORKER : 'system:admin',
    dryRun: false,
  };
}

const NOTHING: readonly ObjectInput[] = [];
const reviews = new Map<JailRow, Review>();

/** What differs between the policies and the table; null when nothing does. */
export function jailDiffers(row: JailRow, policies: Policies): string | null {
  const review = reviews.get(row) ?? jailReview(row);
  reviews.set(row, review);
  const { refusal } = validate(review, policies, worldOf(NOTHING));
  return jailVerdict(row, refusal === null ? { code: 200, message: '' } : refusal);
}

/** The table's word against an answer; null when they agree. */
export function jailVerdict(row: JailRow, { code, message }: { code: number; message: string }): string | null {
  if (row.refused === null) return code < 300 ? null : `expected to be allowed, got: ${code} ${message}`;
  const begin = "ValidatingAdmissionPolicy 'volsync-prewarm-jail' with binding 'volsync-prewarm-jail' denied request: ";
  const right = code === 403 && message.includes(`${begin}volsync-prewarm`) && message.includes(row.refused);
  return right ? null : `expected a refusal with "${row.refused}", got: ${code} ${message}`;
}
