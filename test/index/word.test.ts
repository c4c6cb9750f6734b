import { describe, expect, it } from 'vitest';
import type { RestorePointState } from '../../src/decisions.ts';
import { indexWordOf } from '../../src/index/word.ts';
import { REASONS, type Reason } from '../../src/reasons.ts';
import type { IndexWord } from '../../src/reasons/consequences.ts';

/** The word for a backup that is there and whose restore point is not, for each reason why it is not. */
const WORDS: Record<Reason, IndexWord> = {
  'backup-gone': 'refuse',
  'serving-fresh': 'attach',
  'snapshots-vanished': 'refuse',
  'snapshot-not-restorable': 'attach',
  'snapshot-from-the-future': 'attach',
  // It is made as soon as that is possible; a claim that waits for it has it made first.
  'namespace-missing': 'attach',
  'credentials-missing': 'attach',
  queued: 'attach',
  'snapshot-too-new': 'attach',
  'source-syncing': 'attach',
  'repository-locked': 'attach',
  'capacity-unknown': 'attach',
  'claim-unlabelled': 'attach',
  'claim-live': 'attach',
  'over-storage-budget': 'attach',
  'sync-in-progress': 'attach',
  'sync-stuck': 'attach',
  'image-missing': 'attach',
  'image-not-ready': 'attach',
  'destination-deleting': 'attach',
  // It cannot be attached before somebody has put something right.
  'destination-foreign': 'refuse',
  'destination-in-place': 'refuse',
  'destination-scheduled': 'refuse',
  'destination-untriggered': 'refuse',
  'repository-elsewhere': 'refuse',
  'repository-shared': 'attach',
  'repository-unnamed': 'refuse',
  'repository-shared-by-claims': 'refuse',
  'newer-elsewhere': 'refuse',
  'credentials-foreign': 'refuse',
  'credentials-incomplete': 'refuse',
  'repository-mismatch': 'refuse',
  'password-changed': 'refuse',
  'image-direct': 'refuse',
  'image-empty': 'refuse',
  'sync-failing': 'refuse',
  'volume-mode-block': 'refuse',
  // Not known.
  'listing-failed': 'refuse',
  'listing-incomplete': 'refuse',
  'volsync-missing': 'refuse',
  'snapshots-missing': 'refuse',
  // It is none of ours.
  'namespace-excluded': 'ignore',
  'name-invalid': 'ignore',
  // Said of something else than the restore point of a backup that is there.
  'repository-empty': 'attach',
  'listing-shrank': 'attach',
  'repository-unclaimed': 'attach',
  'repository-changed': 'attach',
  'credentials-own': 'attach',
  'destination-second': 'attach',
  'tag-reset': 'attach',
  'bucket-copied': 'attach',
  'bucket-moved': 'refuse',
  'bucket-unmarked': 'attach',
  'index-missing': 'attach',
  'index-unwritten': 'attach',
  'index-stale': 'attach',
  'policy-missing': 'attach',
  'source-keeps-by-count': 'attach',
  'image-foreign': 'refuse',
  'snapshot-unlisted': 'attach',
  'image-unproven': 'attach',
  'opted-out': 'attach',
  'claim-too-small': 'attach',
  'class-differs': 'attach',
  'volume-static': 'attach',
  'restore-point-fresh': 'attach',
  'newer-snapshot': 'attach',
  'restore-stale': 'attach',
  'backup-due': 'attach',
  'capacity-assumed': 'attach',
  'mover-unprivileged': 'attach',
  'restore-missed': 'attach',
  'claim-unprotected': 'attach',
  'label-on-claim-only': 'attach',
  'clock-differs': 'attach',
  'claim-unfilled': 'attach',
  'annotation-invalid': 'attach',
  'retention-held': 'attach',
  'origin-undecided': 'attach',
  'claim-not-bound': 'attach',
  'sources-off': 'attach',
  'label-removed': 'attach',
  'backup-failing': 'attach',
  'backup-overdue': 'attach',
  'never-backed-up': 'attach',
  'source-paused': 'attach',
  'source-manual': 'attach',
  'source-not-restic': 'attach',
  'repository-abandoned': 'attach',
  'acceptance-unmatched': 'attach',
  'records-refused': 'attach',
};

function reasons(): Reason[] {
  return Object.keys(REASONS).filter((word): word is Reason => word in WORDS);
}

describe('the word for a backup without a restore point', () => {
  it('is given for every reason there is', () => {
    expect(Object.keys(WORDS).sort()).toEqual(Object.keys(REASONS).sort());
  });

  it.each(reasons())('%s', (reason) => {
    expect(indexWordOf({ state: 'cold', reason })).toBe(WORDS[reason]);
    expect(indexWordOf({ state: 'blocked', reason })).toBe(WORDS[reason]);
  });

  it('is attach when nothing stands in its way', () => {
    expect(indexWordOf({ state: 'cold', reason: null })).toBe('attach');
  });
});

describe('the word for a backup with a restore point', () => {
  const whatever = (state: RestorePointState): IndexWord[] => [
    ...new Set([null, ...reasons()].map((reason) => indexWordOf({ state, reason }))),
  ];

  it.each(['warm', 'stale', 'warming'] as const)('%s: attach, whatever is wrong with its renewal', (state) => {
    expect(whatever(state)).toEqual(['attach']);
  });

  it('suspect: refuse, for whatever reason', () => {
    expect(whatever('suspect')).toEqual(['refuse']);
  });
});
