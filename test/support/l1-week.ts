/**
 * L1: X1 is saved and restored into the restore point; X2 is saved; two seconds later the claim is deleted and added again, is
 * filled from X1, and is backed up every hour for a week. Whoever backs it up, and with whichever restic, this is the story.
 */
import { vi } from 'vitest';
import { text } from '../../sandbox/kube/objects.ts';
import { baseCredentials, claim, namespace, repositoryCredentials, source } from '../../sandbox/story.ts';
import { MANAGED_BY, PRODUCT } from '../../src/naming.ts';
import type { Finding } from '../../src/decisions.ts';
import type { Lab } from './lab.ts';

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
const BUSY = 300_000;
const SNAPSHOTS = 'media/plex/snapshots/';

/** Who backs the claim up when it comes back. */
export type Whose = 'ours, which survived' | 'ours, which went with it' | 'somebody else’s';

export interface WeekOptions {
  whose: Whose;
  clock: { now: number };
  /** seconds after the full minute at which X2's backup begins */
  seconds?: number;
  /** of somebody else's source */
  schedule?: string;
  /** hours between two backups of the week; default 1 */
  step?: number;
  /** a shorter week; default 7 */
  days?: number;
}

export interface AfterWeek {
  x1: string;
  x2: string;
  /** what the claim was filled from */
  held: string | null | undefined;
  /** the snapshots that are there after a week */
  alive: string[];
  /** what the first run after the return says of the claim, and its exit code */
  first: { code: number; findings: Finding[] };
  /** and the last run */
  last: { code: number; findings: Finding[] };
  /** when a snapshot from before the return was first seen to be gone, by its id */
  gone: ReadonlyMap<string, number>;
}

/** What happens again and again. */
class Stage {
  readonly #lab: Lab;
  readonly clock: { now: number };
  readonly #foreign: { retain: object; schedule: string } | null;

  constructor(lab: Lab, { whose, clock, schedule = '0 * * * *' }: WeekOptions) {
    this.#lab = lab;
    this.clock = clock;
    this.#foreign = whose === 'somebody else’s' ? { retain: { hourly: 24, daily: 7 }, schedule } : null;
  }

  get source(): string {
    return this.#foreign === null ? 'plex-backup' : 'nightly';
  }

  ids(): string[] {
    return this.#lab.s3.keys(SNAPSHOTS).map((key) => key.slice(SNAPSHOTS.length));
  }

  async run(): Promise<AfterWeek['first']> {
    const { code, findings } = await this.#lab.run(['--quiet-period', '0s'], { now: () => this.clock.now });
    await this.#lab.volsync.idle(BUSY);
    return { code, findings: findings.filter(({ about }) => about === 'media/plex') };
  }

  async backUp(): Promise<void> {
    this.#lab.volsync.lookAtSchedules();
    await this.#lab.volsync.idle(BUSY);
  }

  /** The claim comes, is bound and written to; whoever brings it brings the source after it. */
  async arrive(from: { from?: string } = {}): Promise<void> {
    const { kube, volsync } = this.#lab;
    kube.apply(claim({ namespace: 'media', name: 'plex', labels: { backup: 'hourly' }, size: '10Gi', ...from }));
    await vi.waitFor(() => volsync.write('media', 'plex'), { timeout: BUSY });
    this.clock.now += 3 * SECOND;
    if (this.#foreign !== null) {
      const { schedule, retain } = this.#foreign;
      kube.apply(source({ namespace: 'media', claim: 'plex', name: this.source, schedule, restic: { retain } }));
    }
    await volsync.idle(BUSY);
  }

  /** A claim whose start is known, a source that keeps normally, a restore point that holds the newest snapshot. Gives its short id. */
  async settle(): Promise<string> {
    const { kube, s3 } = this.#lab;
    kube.apply(namespace('media'));
    kube.apply(baseCredentials('media', s3.endpoint));
    await this.run();
    if (this.#foreign !== null) {
      const made = repositoryCredentials({ namespace: 'media', claim: 'plex' }, s3.endpoint);
      kube.apply({ ...made, metadata: { ...made.metadata, labels: { [MANAGED_BY]: PRODUCT } } });
    }
    await this.arrive();
    for (let count = 0; count < 5; count += 1) {
      this.clock.now += 17 * MINUTE;
      await this.backUp();
      await this.run();
    }
    return text(kube.get('ReplicationDestination', 'media', 'plex-restore'), 'spec.trigger.manual') ?? '';
  }
}

/** Plays it. The lab must be new, and its clock that of the options. */
export async function l1Week(lab: Lab, options: WeekOptions): Promise<AfterWeek> {
  const { whose, clock, seconds = 0, step = 1, days = 7 } = options;
  const { kube } = lab;
  const stage = new Stage(lab, options);
  const x1 = await stage.settle();

  const known = new Set(stage.ids());
  clock.now = (dueOf(kube.get('ReplicationSource', 'media', stage.source)) ?? 0) + seconds * SECOND;
  await stage.backUp();
  const x2 = stage.ids().find((id) => !known.has(id)) ?? '';

  clock.now += 2 * SECOND;
  if (whose !== 'ours, which survived') kube.remove('ReplicationSource', 'media', stage.source);
  kube.remove('PersistentVolumeClaim', 'media', 'plex');
  await stage.arrive({ from: 'plex-restore' });
  const held = lab.volsync.contentOf('media', 'plex');

  clock.now += 5 * MINUTE;
  const first = await stage.run();
  let last = first;
  const gone = new Map<string, number>();
  const begin = dueOf(kube.list('ReplicationSource')[0]) ?? clock.now + HOUR;
  for (let hour = 0; hour < days * 24; hour += step) {
    clock.now = begin + hour * HOUR + SECOND;
    await stage.backUp();
    const there = new Set(stage.ids());
    for (const id of [...known, x2]) if (!there.has(id) && !gone.has(id)) gone.set(id, clock.now);
    // The worker comes every five minutes; by day and by night these are enough to see every change.
    if (hour < 3 * step || hour % 6 === 0) {
      clock.now += 5 * MINUTE;
      last = await stage.run();
    }
  }
  return { x1, x2, held, alive: stage.ids(), first, last, gone };
}

/** When a source backs up next, in milliseconds. */
function dueOf(source: unknown): number | null {
  const due = text(source, 'status.nextSyncTime');
  return due === undefined ? null : Date.parse(due);
}
