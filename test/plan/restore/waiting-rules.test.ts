/** What a claim that waits is told, word for word, and when. */
import { describe, expect, it } from 'vitest';
import type { RestorePoint } from '../../../src/decisions.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import type { KnownClaim } from '../../../src/plan/restore/judged-claim.ts';
import { olderHandedOut, waitsInVain } from '../../../src/plan/restore/waiting.ts';
import { REASONS } from '../../../src/reasons.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import {
  KEY,
  HOUR,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  bucketView,
  destination,
  listed,
  snapshot,
  snapshots,
  unknownRoot,
  waitingClaim,
  type World,
} from '../../support/build.ts';
import { OUT_OF_REACH, RUNS } from '../../support/facts.ts';
import { known } from '../../support/known.ts';

type Facts = Partial<KnownClaim>;
const STUCK = { ...RUNS, trouble: 'sync-stuck' } as const;
const EMPTY = { contents: { state: 'empty', why: 'image-empty', fresh: false } } as const;
const ABSENT = { backup: { state: 'absent', snapshots: 0, newest: null, reason: 'repository-empty' } } as const;
const ELSEWHERE = { elsewhere: { snapshot: snapshot(LATER, NOW - MINUTE), repository: OUT_OF_REACH } };
const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });

describe('a claim that waits is told', () => {
  const POINT: RestorePoint = {
    state: 'cold',
    reason: null,
    image: null,
    holds: null,
    lagSeconds: null,
    admissible: false,
    wave: null,
  };
  const waits = { waits: true, live: false, claimObject: waitingClaim({ createdAt: NOW - 5 * MINUTE }) };
  const trouble = (
    facts: Facts,
    point: Partial<RestorePoint> = {},
    world: World = {},
    more: Partial<Settings> = {},
  ): string | null => {
    const { claim: one, context } = known(world, { ...waits, ...facts });
    const found = waitsInVain(one, { ...POINT, ...point }, { ...context, settings: { ...context.settings, ...more } });
    return found && `${found.reason}: ${found.message}`;
  };
  const { todo } = REASONS['newer-elsewhere'];

  it('nothing of what it hangs on, where it carries no label', () => {
    expect(trouble({ claimObject: null })).toBeNull();
  });

  it('where newer data is, and who writes it', () => {
    const said = (facts: Facts, point: Partial<RestorePoint> = {}): string | undefined =>
      trouble(facts, point)?.replace(
        ` ${todo.replaceAll('<pvc>', 'plex-config').replaceAll('<namespace>', 'media')}`,
        '',
      );
    const nobody = { elsewhere: { snapshot: snapshot(LATER), repository: { ...OUT_OF_REACH, sources: [] } } };
    expect([
      said(ELSEWHERE, { holds: NEWEST }),
      said(ELSEWHERE),
      said({ elsewhere: { snapshot: null, repository: null } }, { holds: NEWEST }),
      said({ ...nobody, imageState: 'none' }),
      said({ ...nobody, ...EMPTY }),
    ]).toEqual([
      `newer-elsewhere: The claim is filled from ${NEWEST}, although the newer snapshot ${LATER} is in another repository of the claim (written by far-a, far-b).`,
      `newer-elsewhere: The claim is filled from an older snapshot, although the newer snapshot ${LATER} is in another repository of the claim (written by far-a, far-b).`,
      `newer-elsewhere: The claim is filled from ${NEWEST}, although a newer snapshot is in another repository of the claim.`,
      `newer-elsewhere: The claim waits, because the newer snapshot ${LATER} is in another repository of the claim.`,
      `newer-elsewhere: The claim waits, because the newer snapshot ${LATER} is in another repository of the claim.`,
    ]);
  });

  it('that its backup is gone, or that there is none, and how it may start empty', () => {
    const none = { ...ABSENT, imageState: 'missing' } as const;
    const gone = { ...none, backup: { ...ABSENT.backup, reason: 'backup-gone' } } as const;
    const accept = 'kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=uid-of-claim --overwrite';
    const aged = (age: number | null): Facts => ({
      claimObject: waitingClaim({ createdAt: age === null ? null : NOW - age }),
    });
    const without = `repository-empty: The claim waits for a backup that does not exist. Take the reference to plex-config-restore out of its manifest and create it again, or accept an empty start: ${accept}`;
    expect([trouble(gone), trouble({ ...gone, ...aged(1) })]).toEqual(
      Array.from(
        { length: 2 },
        () =>
          `backup-gone: The claim waits for a backup that is gone. Bring the repository back, or accept an empty start: ${accept}`,
      ),
    );
    expect([trouble({ ...none, ...aged(2 * MINUTE) }), trouble({ ...none, ...aged(null) })]).toEqual([
      without,
      without,
    ]);
    expect(trouble({ ...none, ...aged(2 * MINUTE - 1) })).toBeNull();
    expect(trouble({ ...gone, claimObject: null })).toBeNull();
    const accepted = { claimObject: waitingClaim({ accept: 'uid-of-claim' }), listed: { state: 'no' } } as const;
    expect(trouble({ ...gone, ...accepted })).toBeNull();
    expect([trouble({ ...gone, imageState: 'ready' }), trouble({ ...gone, imageState: 'not-ready' })]).toEqual([
      null,
      null,
    ]);
  });

  it('that nobody can look at its backup', () => {
    const unknown = {
      backup: { state: 'unknown', snapshots: null, newest: null, reason: 'listing-failed' },
      imageState: 'none',
    } as const;
    const said = `listing-failed: The claim waits, and its backup cannot be checked at the moment. ${REASONS['listing-failed'].means}`;
    expect(trouble(unknown)).toBe(said);
    expect(trouble({ ...unknown, backup: { ...unknown.backup, reason: 'index-stale' } })).toBeNull();
    expect(trouble({ imageState: 'none' }, {}, { bucket: bucketView({}, { root: unknownRoot() }) })).toBe(said);
  });

  it('that its password may be wrong, while no mover has succeeded with it', () => {
    const failing = { imageState: 'none', sources: [], destination: destination({ memory: NO_MEMORY }) } as const;
    const point = { state: 'blocked', reason: 'sync-failing' } as const;
    const hint =
      ' No mover has opened the repository yet: if RESTIC_PASSWORD in the Secret volsync-rustfs-base is wrong, correct it there, and the restore is tried again at once.';
    expect(trouble(failing, point)?.endsWith(hint)).toBe(true);
    const { destination: opened } = known().claim;
    const others: [Facts, Partial<RestorePoint>][] = [
      [{ ...failing, destination: opened }, point],
      [{ ...failing, repository: OUT_OF_REACH }, point],
      [failing, { state: 'blocked', reason: 'sync-stuck' }],
    ];
    expect(others.map(([facts, told]) => trouble(facts, told)?.includes('RESTIC_PASSWORD'))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('that its claim is too small, when it hangs on this image or on one before', () => {
    const small = { claimObject: waitingClaim({ request: '1Gi' }) };
    const noted = (uid: string | null): Facts => ({
      destination: destination({ memory: { ...NO_MEMORY, hungOnLarger: uid } }),
    });
    const isTooSmall = (facts: Facts): boolean => trouble(facts)?.startsWith('claim-too-small') === true;
    expect([
      isTooSmall(small),
      isTooSmall({ ...small, imageState: 'not-ready' }),
      isTooSmall({ ...small, image: null }),
    ]).toEqual([true, false, false]);
    expect([
      isTooSmall(noted('uid-of-claim')),
      isTooSmall(noted('uid-of-another')),
      isTooSmall({ ...noted(null), claimObject: null }),
    ]).toEqual([true, false, false]);
  });

  it('of a lock only where a restore of its own has failed', () => {
    const lock = { name: `deadbeef${'0'.repeat(56)}`, at: NOW - HOUR };
    const locked = { imageState: 'none', probe: listed(snapshots(), [lock]), sync: { state: 'none' } } as const;
    expect([trouble({ ...locked, destination: null }), trouble({ ...locked, mover: null })]).toEqual([null, null]);
  });

  it('nothing that passes by itself', () => {
    const pass: [Partial<RestorePoint>, Facts][] = [
      [{ reason: null }, { imageState: 'none' }],
      [{ reason: 'queued' }, { imageState: 'none' }],
      [{ reason: 'credentials-missing' }, { imageState: 'none', claimObject: null }],
      [{ reason: 'image-not-ready' }, { imageState: 'not-ready', image: null }],
    ];
    expect(pass.map(([point, facts]) => trouble(facts, point))).toEqual([null, null, null, null]);
  });

  it('that older data is handed out, with the reason why nothing newer comes', () => {
    const older = (facts: Facts, point: Partial<RestorePoint> = {}, world: World = {}): string | null => {
      const { claim: one, context } = known({ bucket: NEWER, ...world }, facts);
      return olderHandedOut(one, { ...POINT, ...point }, context)?.message ?? null;
    };
    const said = (holds: string, reason: keyof typeof REASONS): string =>
      `the restore point holds ${holds}, and the newer ${LATER} cannot be fetched. ${REASONS[reason].means}`;
    const stuck = { blocker: null, sync: STUCK } as const;
    expect(older(stuck, { holds: NEWEST, reason: 'sync-stuck' })).toBe(said(NEWEST, 'sync-stuck'));
    expect(older({ ...stuck, blocker: 'sync-in-progress' })).toBe(said('an older snapshot', 'sync-in-progress'));
    expect(older(stuck)).toBe(said('an older snapshot', 'sync-failing'));
    expect([
      older({}),
      older({ blocker: 'claim-live', sync: STUCK }),
      older(stuck, {}, { bucket: bucketView() }),
    ]).toEqual([null, null, null]);
    expect(older({ blocker: 'credentials-foreign' })).toBe(said('an older snapshot', 'credentials-foreign'));
    const { claim: one, context } = known({ bucket: NEWER }, stuck);
    expect(olderHandedOut(one, POINT, { ...context, frozen: 'listing-failed' })).toBeNull();
  });
});
