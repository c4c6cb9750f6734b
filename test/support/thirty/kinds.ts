/**
 * Thirty ways in which people have set up VolSync by hand, each with what is true of it: written down here, and read from the
 * world. Nothing of it is worked out by the program.
 */
import { ADOPT, type Ref, type Stage } from './stage.ts';

/** What `plan` and `status` have to say of one claim. */
export interface Truth extends Ref {
  /** null: there is nothing to restore, so `plan` has no row */
  plan: {
    backup: 'present' | 'absent' | 'unknown';
    /** where its snapshots are; null: nobody can look there, or nothing is there */
    path: string | null;
    /** state and reason of the restore point */
    point: string;
    /** the destination whose image it is */
    destination: string | null;
  } | null;
  /** by reason: what the finding has to say */
  findings: Readonly<Record<string, RegExp>>;
  /** whether its data is safe once the worker has run; null: it cannot be told without a look into the bucket */
  safe: boolean | null;
  /** why it is not, as far as the cluster alone shows it */
  why: RegExp | null;
}

export interface Kind {
  build: (stage: Stage, ref: Ref) => void;
  /** what happens once everything is there */
  live?: (stage: Stage, ref: Ref) => Promise<void>;
  truth: (stage: Stage, ref: Ref) => (Omit<Truth, 'namespace' | 'claim'> & Partial<Ref>)[];
}

const DAILY = { backup: 'daily' };
const DAY = 86_400_000;
const UNLABELLED = /^no label/;
const NOTHING = { findings: {}, safe: false, why: null };

const own = ({ namespace, claim }: Ref): string => `apps/${namespace}-${claim}`;
const layout = ({ namespace, claim }: Ref): string => `${namespace}/${claim}`;
const secretOf = ({ claim }: Ref): string => `${claim}-secret`;

function withSecret(stage: Stage, ref: Ref, path = own(ref), more: Readonly<Record<string, string>> = {}): void {
  stage.secret(ref, secretOf(ref), { RESTIC_REPOSITORY: stage.address(path), ...more });
}

type Parts = Readonly<{
  destination?: Parameters<Stage['destination']>[1];
  claim?: Parameters<Stage['claim']>[1];
}>;

/** Secret, destination `<claim>-dst`, claim with a reference to it, source: the component that most people have. */
function component(stage: Stage, ref: Ref, { destination, claim }: Parts = {}): void {
  withSecret(stage, ref);
  stage.destination(ref, destination);
  stage.claim(ref, { from: `${ref.claim}-dst`, ...claim });
  stage.source(ref);
}

async function backedUp(stage: Stage, ref: Ref): Promise<void> {
  await stage.backUp(ref, ref.claim);
}

/** A labelled claim with a source of its owner's. */
function labelled(
  how: Parameters<Stage['source']>[1],
  findings: Truth['findings'],
  safe: boolean,
  why: RegExp | null = null,
): Kind {
  return {
    build: (stage, ref) => {
      withSecret(stage, ref);
      stage.claim(ref, { labels: DAILY });
      stage.source(ref, how);
    },
    live: backedUp,
    truth: (_, ref) => [
      { plan: { backup: 'present', path: own(ref), point: 'cold queued', destination: null }, findings, safe, why },
    ],
  };
}

/** An adopted destination that is left alone; its image is that of the first day, and empty. */
function leftAlone(
  destination: NonNullable<Parts['destination']>,
  reason: string,
  claim: Parts['claim'] = {},
  image = /left alone/,
): Kind {
  return {
    build: (stage, ref) => component(stage, ref, { destination: { labels: ADOPT, ...destination }, claim }),
    live: backedUp,
    truth: (_, ref) => [
      {
        plan: { backup: 'present', path: own(ref), point: `blocked ${reason}`, destination: `${ref.claim}-dst` },
        findings: { 'image-empty': image },
        safe: false,
        why: UNLABELLED,
      },
    ],
  };
}

/** A Secret that leads nowhere. */
function lost(build: Kind['build'], findings: Truth['findings'], labels: Readonly<Record<string, string>> = {}): Kind {
  return {
    build: (stage, ref) => {
      build(stage, ref);
      stage.claim(ref, { labels });
      stage.source(ref);
    },
    truth: () => [
      {
        plan: {
          backup: 'unknown',
          path: null,
          point: `cold ${Object.keys(findings)[0] ?? 'listing-failed'}`,
          destination: null,
        },
        findings,
        safe: 'backup' in labels ? null : false,
        why: 'backup' in labels ? null : UNLABELLED,
      },
    ],
  };
}

const unlabelledHand: Kind = {
  build: component,
  live: backedUp,
  truth: (_, ref) => [
    {
      ...NOTHING,
      plan: { backup: 'present', path: own(ref), point: 'cold claim-unlabelled', destination: null },
      why: UNLABELLED,
    },
  ],
};

export const KINDS: Readonly<Record<string, Kind>> = {
  component: unlabelledHand,
  'another component': unlabelledHand,
  'adopted, with the image of the first day': {
    build: (stage, ref) => component(stage, ref, { destination: { labels: ADOPT } }),
    live: backedUp,
    truth: (_, ref) => [
      {
        plan: { backup: 'present', path: own(ref), point: 'suspect image-empty', destination: `${ref.claim}-dst` },
        findings: { 'image-empty': /never attached/ },
        safe: false,
        why: UNLABELLED,
      },
    ],
  },
  'adopted, after its backup': {
    build: (stage, ref) => {
      withSecret(stage, ref);
      stage.claim(ref);
      stage.source(ref);
    },
    live: async (stage, ref) => {
      await backedUp(stage, ref);
      stage.destination(ref, { labels: ADOPT });
      await stage.lab.volsync.idle();
    },
    truth: (_, ref) => [
      {
        ...NOTHING,
        plan: { backup: 'present', path: own(ref), point: 'warm -', destination: `${ref.claim}-dst` },
        why: UNLABELLED,
      },
    ],
  },
  'adopted, just installed': {
    build: (stage, ref) => component(stage, ref, { destination: { labels: ADOPT } }),
    truth: (_, ref) => [
      {
        ...NOTHING,
        plan: { backup: 'absent', path: own(ref), point: 'warm repository-empty', destination: `${ref.claim}-dst` },
        why: UNLABELLED,
      },
    ],
  },
  labelled: labelled({}, {}, true),
  'labelled, manual trigger': labelled(
    { spec: { trigger: { manual: 'once' } } },
    { 'source-manual': /manual trigger/ },
    false,
  ),
  'labelled, counted': labelled({ restic: { retain: { last: '3' } } }, { 'source-keeps-by-count': /\(last\)/ }, true),
  'labelled, without retain': labelled(
    { restic: { retain: undefined } },
    { 'source-keeps-by-count': /no retain/ },
    true,
  ),
  'labelled, paused': {
    ...labelled({}, { 'source-paused': /is paused/ }, false),
    live: async (stage, ref) => {
      await backedUp(stage, ref);
      stage.lab.kube.patch('ReplicationSource', ref.namespace, ref.claim, { spec: { paused: true } });
    },
  },
  'labelled, wrong password': {
    ...labelled({}, { 'backup-failing': /failed/ }, false, /last backup failed/),
    build: (stage, ref) => {
      stage.stored(own(ref), [{ seed: 'old', at: new Date(Date.now() - DAY) }]);
      withSecret(stage, ref, own(ref), { RESTIC_PASSWORD: 'mistyped' });
      stage.claim(ref, { labels: DAILY });
    },
    live: async (stage, ref) => {
      await stage.write(ref);
      stage.source(ref);
      await stage.failing(ref);
    },
  },
  'labelled, a Secret of its own at the usual place': {
    build: (stage, ref) => {
      stage.secret(ref, `${ref.claim}-volsync-secret`, { RESTIC_REPOSITORY: stage.address(layout(ref)) });
      stage.claim(ref, { labels: { backup: 'hourly' } });
      stage.source(ref, { secret: `${ref.claim}-volsync-secret` });
    },
    live: backedUp,
    truth: (_, ref) => [
      {
        plan: { backup: 'present', path: layout(ref), point: 'cold queued', destination: null },
        findings: {},
        safe: true,
        why: null,
      },
    ],
  },
  'labelled weekly': {
    build: (stage, ref) => {
      withSecret(stage, ref);
      stage.claim(ref, { labels: { backup: 'weekly' } });
      stage.source(ref);
    },
    live: backedUp,
    truth: (_, ref) => [
      {
        ...NOTHING,
        plan: { backup: 'present', path: own(ref), point: 'cold claim-unlabelled', destination: null },
        why: /weekly is neither/,
      },
    ],
  },
  'labelled, nothing else': {
    build: (stage, ref) => {
      stage.base(ref.namespace);
      stage.claim(ref, { labels: DAILY });
    },
    truth: () => [
      {
        ...NOTHING,
        plan: { backup: 'absent', path: null, point: 'cold repository-empty', destination: null },
        why: /^(nothing backs it up|no backup yet)$/,
      },
    ],
  },
  'labelled, kopia': {
    build: (stage, ref) => {
      const kopia = { kopia: { repository: 'kopia' } };
      stage.claim(ref, { labels: DAILY });
      stage.source(ref, { restic: null, spec: kopia });
      stage.destination(ref, { restic: null, spec: kopia });
    },
    truth: () => [
      {
        plan: { backup: 'absent', path: null, point: 'cold repository-empty', destination: null },
        findings: { 'source-not-restic': /does not use restic/ },
        safe: false,
        why: null,
      },
    ],
  },
  rsync: {
    build: (stage, ref) => {
      stage.claim(ref);
      stage.source(ref, { restic: null, spec: { rsyncTLS: { address: 'far.example' } } });
    },
    truth: () => [{ ...NOTHING, plan: null, why: UNLABELLED }],
  },
  direct: leftAlone({ restic: { copyMethod: 'Direct' } }, 'image-direct', { from: undefined }),
  scheduled: leftAlone({ spec: { trigger: { schedule: '0 0 1 1 *' } } }, 'destination-scheduled'),
  untriggered: {
    ...leftAlone({ spec: { trigger: undefined } }, 'destination-untriggered'),
    truth: (_, ref) => [
      {
        ...NOTHING,
        plan: {
          backup: 'present',
          path: own(ref),
          point: 'blocked destination-untriggered',
          destination: `${ref.claim}-dst`,
        },
        why: UNLABELLED,
      },
    ],
  },
  'not adopted, called like ours': {
    build: (stage, ref) =>
      component(stage, ref, { destination: { name: `${ref.claim}-restore` }, claim: { from: `${ref.claim}-restore` } }),
    live: backedUp,
    truth: (_, ref) => [
      {
        plan: {
          backup: 'present',
          path: own(ref),
          point: 'blocked destination-foreign',
          destination: `${ref.claim}-restore`,
        },
        findings: { 'image-empty': /left alone \(destination-foreign\)/ },
        safe: false,
        why: UNLABELLED,
      },
    ],
  },
  'REST server': lost(
    (stage, ref) =>
      stage.secret(ref, secretOf(ref), {
        RESTIC_REPOSITORY: `rest:http://restic:geheim@rest.lan.example:8000/${ref.claim}`,
      }),
    { 'repository-elsewhere': /rest:http:\/\/\*\*\*@rest\.lan\.example/ },
  ),
  'Secret without an address': lost(
    (stage, ref) => stage.secret(ref, secretOf(ref), {}),
    { 'repository-elsewhere': /no address/ },
    DAILY,
  ),
  'no Secret': lost(() => undefined, { 'repository-elsewhere': /does not exist/ }, DAILY),
  "another tenant's folder": lost(
    (stage, ref) =>
      withSecret(stage, ref, 'films/diary', { AWS_ACCESS_KEY_ID: 'somebody', AWS_SECRET_ACCESS_KEY: 'else' }),
    {},
  ),
  'without its claim': {
    build: component,
    live: async (stage, ref) => {
      await backedUp(stage, ref);
      stage.lab.kube.remove('PersistentVolumeClaim', ref.namespace, ref.claim);
    },
    truth: (_, ref) => [
      {
        ...NOTHING,
        plan: { backup: 'present', path: own(ref), point: 'cold capacity-unknown', destination: null },
        why: /^no claim/,
      },
    ],
  },
  'two adopted destinations': {
    build: (stage, ref) => {
      component(stage, ref, { destination: { labels: ADOPT } });
      stage.destination(ref, { name: `${ref.claim}-second`, labels: ADOPT });
    },
    live: backedUp,
    truth: (_, ref) => [
      {
        plan: { backup: 'present', path: own(ref), point: 'suspect image-empty', destination: `${ref.claim}-dst` },
        findings: { 'image-empty': /never attached/, 'destination-second': new RegExp(`${ref.claim}-second`) },
        safe: false,
        why: UNLABELLED,
      },
    ],
  },
  'one repository for two claims': {
    build: (stage, ref) => {
      component(stage, ref);
      const copy = { ...ref, claim: `${ref.claim}-copy` };
      stage.claim(copy, { labels: DAILY });
      stage.source(copy, { secret: secretOf(ref) });
    },
    live: backedUp,
    truth: (_, ref) => {
      const copy = `${ref.claim}-copy`;
      const plan = {
        backup: 'present',
        path: own(ref),
        point: 'cold repository-shared-by-claims',
        destination: null,
      } as const;
      const finding = (other: string): Truth['findings'] => ({
        'repository-shared-by-claims': new RegExp(`${other} writes`),
      });
      return [
        { plan, findings: finding(copy), safe: false, why: UNLABELLED },
        { claim: copy, plan, findings: finding(ref.claim), safe: false, why: null },
      ];
    },
  },
  'newer elsewhere': {
    build: (stage, ref) => {
      stage.stored(own(ref), [{ seed: 'old', at: new Date(Date.now() - 9 * DAY) }]);
      withSecret(stage, ref);
      stage.secret(ref, `${ref.claim}-far`, { RESTIC_REPOSITORY: stage.address(`far/${ref.claim}`) });
      stage.destination(ref, { labels: ADOPT });
      stage.claim(ref, { from: `${ref.claim}-dst` });
      stage.source(ref, { secret: `${ref.claim}-far` });
    },
    live: backedUp,
    truth: (stage, ref) => [
      {
        plan: { backup: 'present', path: own(ref), point: 'blocked newer-elsewhere', destination: `${ref.claim}-dst` },
        findings: {
          'newer-elsewhere': new RegExp(
            `^${stage.short(`far/${ref.claim}`)} .* in .*/far/${ref.claim}, where ${ref.claim} writes; .* holds ${stage.short(own(ref))}`,
          ),
        },
        safe: false,
        why: UNLABELLED,
      },
    ],
  },
  'opted out': {
    build: (stage, ref) => {
      withSecret(stage, ref);
      stage.claim(ref, { labels: { ...DAILY, 'volsync-prewarm/skip-restore': 'true' } });
      stage.source(ref);
    },
    live: backedUp,
    truth: (_, ref) => [
      {
        ...NOTHING,
        plan: { backup: 'present', path: own(ref), point: 'cold opted-out', destination: null },
        why: /opted out/,
      },
    ],
  },
  'waits for a backup that nobody made': {
    build: (stage, ref) => {
      stage.base(ref.namespace);
      stage.claim(ref, { labels: DAILY, from: `${ref.claim}-restore` });
    },
    truth: () => [
      { ...NOTHING, plan: { backup: 'absent', path: null, point: 'cold repository-empty', destination: null } },
    ],
  },
};
