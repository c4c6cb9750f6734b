/**
 * What is done about somebody else's source that was handed over by a label: a lock that a dead mover left is removed through it,
 * and it is noted that it has saved a snapshot. Nothing else of it is ever written.
 */
import type { Action } from '../../decisions.ts';
import { readSaved } from '../../restic/log-lines.ts';
import type { Source } from '../../source.ts';
import type { Context } from '../facts/situation.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';
import { unlockOf } from './locks.ts';
import { isBusy, savedIsListed } from './syncs.ts';

/** One write for each adopted source that needs one, in the order of their names. */
export function adoptedUpkeep(judged: JudgedClaim, context: Context): readonly Action[] {
  if (context.frozen !== null || judged.backup.state === 'unknown') return NONE;
  if (!judged.writers.some(({ source }) => isWritten(source))) return NONE;
  const adopted = judged.writers.map(({ source }) => source).filter(isWritten);
  const locked = adopted.find(
    (source) => !isBusy(judged, source, context) && unlockOf(judged, source, context) !== null,
  );
  return adopted.flatMap((source): Action[] => {
    const unlock = source === locked ? unlockOf(judged, source, context) : null;
    const isNews = !source.hasBackup && hasSaved(judged, source);
    if (unlock === null && !isNews) return [];
    const { namespace, claim, name, uid, resourceVersion } = source;
    const existing = { uid, resourceVersion };
    return [
      {
        kind: unlock === null ? 'note-backup' : 'unlock-adopted',
        namespace,
        claim,
        name,
        existing,
        unlock,
        hasBackup: isNews || source.hasBackup,
      },
    ];
  });
}

const NONE: readonly Action[] = [];

function isWritten({ adopted, mover, deleting }: Source): boolean {
  return adopted && mover === 'restic' && !deleting;
}

/** Its log names a snapshot that the bucket has: the next claim of the name must not start without it, whatever the log says then. */
function hasSaved(judged: JudgedClaim, { moverLogs }: Source): boolean {
  const saved = readSaved(moverLogs);
  return saved !== null && savedIsListed(judged, saved);
}
