/** The snapshots of one claim as a document and as a table (pure). */
import type { ClusterView, Instant, SnapshotObject } from '../model.ts';
import type { ProtectedClaim } from '../plan/backup/protected-claim.ts';
import { meaningOf } from '../reasons.ts';
import { filled } from '../reasons/filled.ts';
import { shortId } from '../restic/ids.ts';
import { formatDuration } from '../units.ts';
import { columns, visible, wrapped } from './layout.ts';

/** What was seen in one of the claim's repositories. */
export interface RepositoryLook {
  /** for people; no userinfo */
  place: string;
  /** restores come from this one */
  primary: boolean;
  /** null: it could be listed */
  problem: string | null;
  /** newest first */
  snapshots: readonly SnapshotObject[];
}

export interface SnapshotsLook {
  at: Instant;
  judged: ProtectedClaim;
  /** short id of what the image holds now: what a claim that is created now is filled from */
  held: string | null;
  /** short id of what a restore would take */
  takes: string | null;
  repositories: readonly RepositoryLook[];
  cluster: ClusterView;
}

/** The document. Equal input gives equal text, except for `at`. */
export function snapshotsDocument({ at, judged, held, takes, repositories }: SnapshotsLook): Record<string, unknown> {
  const { namespace, claim, restorePoint } = judged;
  return {
    kind: 'Snapshots',
    version: 1,
    at: new Date(at).toISOString(),
    namespace,
    claim,
    restorePoint: { state: restorePoint.state, reason: restorePoint.reason, image: restorePoint.image, holds: held },
    takes,
    repositories: repositories.map(({ place, primary, problem, snapshots }) => ({
      place,
      primary,
      problem,
      snapshots: snapshots.map((one) => ({
        id: one.id,
        at: new Date(one.at).toISOString(),
        held: primary && isSnapshot(held, one),
        takes: primary && isSnapshot(takes, one),
      })),
    })),
  };
}

/** One line for each snapshot, newest first, and two sentences: what the restore point holds, what a restore would take. */
export function snapshotsTable(look: SnapshotsLook, width: number, wide: boolean): string {
  const { repositories, at, held, takes } = look;
  const many = wide || repositories.filter(({ snapshots }) => snapshots.length > 0).length > 1;
  const rows = repositories.flatMap(({ place, primary, snapshots }) =>
    snapshots.map((one) => [
      wide ? one.id : shortId(one.id),
      new Date(one.at).toISOString(),
      ageOf(at - one.at),
      primary && isSnapshot(held, one) ? 'yes' : '-',
      primary && isSnapshot(takes, one) ? 'yes' : '-',
      ...(many ? [place] : []),
    ]),
  );
  const head = ['SNAPSHOT', 'SAVED', 'AGE', 'HELD', 'RESTORED NEXT', ...(many ? ['REPOSITORY'] : [])];
  const problems = repositories.flatMap(({ place, problem }) =>
    problem === null ? [] : [`Not looked at: ${place} (${problem})`],
  );
  const said = [...problems, ...sentences(look)].map((one) => `${wrapped(visible(one), width, '  ')}\n`).join('');
  return rows.length === 0 ? said : `${columns([head, ...rows], width, [2])}\n${said}`;
}

function sentences({ judged, held, takes, repositories }: SnapshotsLook): string[] {
  const { restorePoint } = judged;
  const count = repositories.reduce((sum, { snapshots }) => sum + snapshots.length, 0);
  const isSeen = repositories.every(({ problem }) => problem === null);
  const nothing = isSeen ? [`No snapshot in ${repositories.map(({ place }) => place).join(' and ')}.`] : [];
  if (count === 0) return nothing;
  const why =
    restorePoint.reason === null
      ? ''
      : `: ${restorePoint.reason}: ${filled(meaningOf(restorePoint.reason).means, judged)}`;
  return [
    `The restore point holds ${held ?? 'none of them'} (${restorePoint.state}${why})`,
    takes === null ? 'It is not known which one a restore would take.' : `A restore would take ${takes}.`,
    'SAVED is the time of the object in the bucket, about the end of that backup.',
  ];
}

/** Of an id in full or in short. */
function isSnapshot(short: string | null, { id }: SnapshotObject): boolean {
  return short !== null && shortId(id) === shortId(short);
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function ageOf(millis: number): string {
  const age = Math.max(0, millis);
  return age < 2 * DAY ? formatDuration(Math.floor(age / MINUTE) * MINUTE) : `${Math.floor(age / DAY)}d`;
}
