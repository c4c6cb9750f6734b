/**
 * The closed list of reasons. Each has the same spelling in the plan, the log, the index, the documentation and test titles. It
 * says what it means, what a person can do, and what follows from it. A test compares docs/reference/reasons.md
 * with this table.
 */
import { ADOPTION_REASONS } from './reasons/adoption.ts';
import { BACKUP_REASONS } from './reasons/backup.ts';
import { BUCKET_REASONS } from './reasons/bucket.ts';
import { CLAIM_REASONS } from './reasons/claim.ts';
import { CLUSTER_REASONS } from './reasons/cluster.ts';
import type { Consequences } from './reasons/consequences.ts';
import { RESTORE_REASONS } from './reasons/restore.ts';

export const REASONS = {
  ...BUCKET_REASONS,
  ...CLUSTER_REASONS,
  ...RESTORE_REASONS,
  ...CLAIM_REASONS,
  ...ADOPTION_REASONS,
  ...BACKUP_REASONS,
} as const satisfies Record<string, Consequences>;

export type Reason = keyof typeof REASONS;

/** The reason of this name; null for every other text. */
export function parseReason(text: string | undefined): Reason | null {
  return text !== undefined && isReason(text) ? text : null;
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/** What a reason means, what to do about it, and what follows from it. */
export function meaningOf(reason: Reason): Consequences {
  return REASONS[reason];
}
