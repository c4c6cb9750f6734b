/**
 * A cluster with thirty hand-written applications, seen for the first time. Each line of `plan` and `status`, and each finding, is
 * held against what is true of the world (test/support/thirty): nothing untrue is said, and nothing is left out.
 */
import { expect, test, vi } from 'vitest';
import { at, text } from '../../sandbox/kube/objects.ts';
import { startLab, type Lab } from '../support/lab.ts';
import type { Truth } from '../support/thirty/kinds.ts';
import { thirtyApps, type World } from '../support/thirty/world.ts';

vi.mock('node:timers/promises', async (actual) => (await import('../support/hurry.ts')).hurried(await actual()));

/** As `init` sets it up; the world is seconds old. */
const SEEN = ['--default-capacity', 'none', '--quiet-period', '0s'];

interface Told {
  /** by claim: its cells, by the head of their column */
  rows: Map<string, Record<string, string>>;
  /** `<reason> <about>`: the message */
  findings: Map<string, string>;
  last: string;
}

/** Reads a table as a person does. Throws for a line that is none of a row, a finding, its cure and the count. */
function readOut(out: string): Told {
  const [table = '', rest = ''] = out.split('\nNeeds attention:\n');
  const [head = '', ...lines] = table.trimEnd().split('\n');
  const heads = head.split(/ {2,}/);
  const tail = rest === '' ? [] : rest.trimEnd().split('\n');
  const last = (rest === '' ? lines.pop() : tail.pop()) ?? '';
  const rows = lines
    .filter((line) => line !== '')
    .map((line) => {
      const cells = line.split(/ {2,}/);
      if (cells.length !== heads.length) throw new Error(`not a row: ${line}`);
      return [
        `${cells[0]}/${cells[1]}`,
        Object.fromEntries(heads.map((name, index) => [name, cells[index] ?? ''])),
      ] as const;
    });
  const findings = tail
    .filter((line) => line !== '')
    .flatMap((line): (readonly [string, string])[] => {
      if (line.startsWith('    → ')) return [];
      const [, reason = '', about = '', message = ''] = /^ {2}([a-z-]+): (.+?): (.*)$/.exec(line) ?? [];
      if (reason === '' || / and \d+ more$/.test(about))
        throw new Error(`not a finding that can be held to the world: ${line}`);
      return about.split(', ').map((one) => [`${reason} ${one}`, message] as const);
    });
  if (new Set(rows.map(([key]) => key)).size !== rows.length) throw new Error('a claim has two rows');
  return { rows: new Map(rows), findings: new Map(findings), last };
}

async function told(lab: Lab, command: 'plan' | 'status'): Promise<Told> {
  const { stdout, stderr, code } = await lab.spawn([command, '-o', 'wide', ...SEEN]);
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
  // Something in this world is unknown.
  expect(code).toBe(1);
  return readOut(stdout);
}

const keyOf = ({ namespace, claim }: Truth): string => `${namespace}/${claim}`;

/** The row that `plan` has to have. */
function planRow({ stage }: World, truth: Truth): Record<string, string> {
  const { plan, namespace, claim } = truth;
  if (plan === null) throw new Error('no row');
  const saved = plan.path === null ? [] : stage.saved(plan.path);
  const [state = '', reason = '-'] = plan.point.split(' ');
  const held = plan.destination === null ? null : stage.held(namespace, plan.destination);
  return {
    NAMESPACE: namespace,
    CLAIM: claim,
    BACKUP: plan.backup,
    SNAPSHOTS: plan.path === null ? '-' : String(saved.length),
    NEWEST: saved[0]?.slice(0, 8) ?? '-',
    'RESTORE POINT': state,
    REASON: reason,
    HOLDS: held ?? '-',
    LAG: held !== null && saved[0]?.startsWith(held) === true ? '0s' : '-',
  };
}

function expectedFindings(truths: readonly Truth[]): Map<string, RegExp> {
  return new Map(
    truths.flatMap((truth) =>
      Object.entries(truth.findings).map(([reason, message]) => [`${reason} ${keyOf(truth)}`, message] as const),
    ),
  );
}

/** The message in whole, or what it contains. */
function said(about: string, message: RegExp): RegExp {
  const plain = about.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return message.source.startsWith('^')
    ? new RegExp(`^${plain}: ${message.source.slice(1)}`)
    : new RegExp(`^${plain}: .*${message.source}`);
}

function holdFindings(findings: Told['findings'], expected: Map<string, RegExp>): void {
  expect([...findings.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [about, message] of expected) expect(`${about}: ${findings.get(about)}`).toMatch(said(about, message));
}

/** What nobody can look into is told of the folder, too. */
const OF_THE_BUCKET = [
  ['repository-unclaimed bucket', /: attic$/],
  ['listing-failed', /InvalidAccessKeyId/],
] as const;

test.each([1, 2])(
  'world %i: every line of plan and of status is true, and none is missing',
  { timeout: 120_000 },
  async (seed) => {
    await using lab = await startLab();
    lab.sandbox.install('observe');
    const world = await thirtyApps(lab, seed);
    expect(world.apps).toHaveLength(30);
    world.stop();
    lab.forget();

    await holdFirstStatus(lab, world);
    const planned = await told(lab, 'plan');
    holdPlan(planned, world);
    expect(lab.writes()).toEqual([]);

    lab.volsync.resume();
    await holdActions(lab, planned);
    await lab.run(SEEN);
    await lab.run(SEEN);
    world.stop();
    holdStatus(await told(lab, 'status'), lab, world);
  },
);

function holdPlan({ rows, findings, last }: Told, world: World): void {
  const truths = world.truths();
  const wanted = truths.filter(({ plan }) => plan !== null);
  expect([...rows.keys()].sort()).toEqual(wanted.map(keyOf).sort());
  for (const truth of wanted) expect(rows.get(keyOf(truth))).toMatchObject(planRow(world, truth));
  const others = [...findings.keys()].filter((about) => OF_THE_BUCKET.some(([begin]) => about.startsWith(begin)));
  for (const [begin, message] of OF_THE_BUCKET)
    expect(findings.get(others.find((about) => about.startsWith(begin)) ?? '')).toMatch(message);
  const ofClaims = new Map([...findings].filter(([about]) => !others.includes(about)));
  holdFindings(ofClaims, expectedFindings(truths));
  const count = (state: string): number => wanted.filter(({ plan }) => plan?.backup === state).length;
  expect(last).toContain(
    `Backups: ${count('present')} present, ${count('absent')} absent, ${count('unknown')} unknown.`,
  );
}

/** Before any run nothing is known of the bucket: what the cluster shows is said, and nothing is called safe. */
async function holdFirstStatus(lab: Lab, world: World): Promise<void> {
  const { rows } = await told(lab, 'status');
  for (const truth of world.truths()) {
    const row = rows.get(keyOf(truth));
    if (row === undefined) continue;
    const isSeen = truth.why !== null && !/credentials-missing|name-invalid|no claim/.test(truth.why.source);
    expect(`${keyOf(truth)} ${row['PROTECTED']}`).toBe(`${keyOf(truth)} ${isSeen ? 'no' : '?'}`);
    expect(row['WHY NOT']).toMatch((isSeen ? truth.why : null) ?? /./);
    holdCluster(row, lab, truth);
  }
}

/** What stands in the cluster for everybody to see. */
function holdCluster(row: Record<string, string>, lab: Lab, { namespace, claim }: Truth): void {
  const there = lab.kube.peek('PersistentVolumeClaim', namespace, claim);
  expect(row['CLAIM']?.split(' (')[0]).toBe(there === undefined ? 'not there' : text(there, 'status.phase'));
  if (there !== undefined) expect(row['SIZE']).toBe(text(there, 'spec.resources.requests.storage'));
  const sources = lab.kube
    .list('ReplicationSource', namespace)
    .filter((one) => text(one, 'spec.sourcePVC') === claim)
    .map((one) => text(one, 'status.latestMoverStatus.result') ?? '-');
  expect([...sources, ...(sources.length === 0 ? ['-'] : [])]).toContain(row['LAST RESULT']);
}

/** The first look of a run does nothing that `plan` has not said, and runs do all that it has said. */
async function holdActions(lab: Lab, { rows }: Told): Promise<void> {
  const planned = [...rows].flatMap(([key, row]) =>
    row['ACTIONS'] === '-' ? [] : (row['ACTIONS'] ?? '').split(' ').map((action) => `${action} ${key}`),
  );
  const named = ({ performed }: { performed: string[] }): string[] =>
    performed.map((line) => line.replace(/: .*$/, ''));
  const first = named(await lab.run(SEEN, { until: (_, pass) => pass > 1 }));
  expect(first.filter((line) => !planned.includes(line))).toEqual([]);
  const all = [...first, ...named(await lab.run(SEEN)), ...named(await lab.run(SEEN))];
  expect(planned.filter((line) => !all.includes(line))).toEqual([]);
}

function holdStatus({ rows, last }: Told, lab: Lab, world: World): void {
  const truths = world.truths();
  expect([...rows.keys()].sort()).toEqual(truths.map(keyOf).sort());
  for (const truth of truths) {
    const row = rows.get(keyOf(truth)) ?? {};
    holdCluster(row, lab, truth);
    const verdict = truth.safe === null ? '?' : truth.safe ? 'yes' : 'no';
    expect(`${keyOf(truth)} ${row['PROTECTED']}`).toBe(`${keyOf(truth)} ${verdict}`);
    expect(row['WHY NOT']).toMatch(truth.safe === true ? /^-$/ : (truth.why ?? /./));
    const image = row['IMAGE'] ?? '-';
    const held = image === '-' ? undefined : lab.volsync.holds(image, truth.namespace);
    expect(['-', held?.slice(0, 8)]).toContain(row['HOLDS']);
    const [newest] =
      truth.plan?.path === undefined || truth.plan.path === null ? [] : world.stage.saved(truth.plan.path);
    expect(`${keyOf(truth)} ${row['BACKUP AGE'] === '-'}`).toBe(`${keyOf(truth)} ${newest === undefined}`);
  }
  const count = (safe: boolean | null): number => truths.filter((truth) => truth.safe === safe).length;
  expect(last).toBe(
    `${truths.length} claims: ${count(true)} protected, ${count(false)} not, ${count(null)} not known. 1 more without a label, a source and a backup.`,
  );
  expect(at(lab.kube.peek('PersistentVolumeClaim', 'home', 'cache'), 'metadata.labels')).toEqual({});
}
