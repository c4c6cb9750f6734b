/** The user that a mover runs as, as people write it: `uid:gid:fsGroup`. */
import type { MoverUser } from './mover-spec.ts';

/** What is remembered where pods use a claim and tell no user. */
export const NO_POD_USER = 'none';

/** Reads `1000:1000:1000`; null when it is not three non-negative whole numbers. */
export function parseMoverUser(text: string): MoverUser | null {
  const match = /^(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(text.trim());
  if (match === null) return null;
  return { runAsUser: Number(match[1]), runAsGroup: Number(match[2]), fsGroup: Number(match[3]) };
}

/** Writes it back: `1000:1000:1000`. */
export function formatMoverUser(user: MoverUser): string {
  return `${user.runAsUser}:${user.runAsGroup}:${user.fsGroup}`;
}
