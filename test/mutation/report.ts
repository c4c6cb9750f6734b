/** docs/reference/mutation.md, and what stands in the way of a good end. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ACCEPTED } from './accepted.ts';
import type { Outcome } from './outcome.ts';
import { SHARDS } from './shards.ts';

const FILE = new URL('../../docs/reference/mutation.md', import.meta.url);
/** Of the mutants of src/plan, so many in a hundred are noticed. */
const GOAL = 95;

/** Survivors without a reason, reasons without a survivor, and a score below the goal. */
export function problemsOf(outcomes: readonly Outcome[]): string[] {
  const alive = outcomes.flatMap(({ survivors }) => survivors);
  const reasons = new Map(ACCEPTED.flatMap(({ why, mutants }) => mutants.map((mutant) => [mutant, why])));
  const found = new Set(
    outcomes.flatMap(({ survivors, leftOut = [] }) => [...survivors.map(({ mutant }) => mutant), ...leftOut]),
  );
  const files = new Set(outcomes.flatMap(({ files: own }) => own));
  const plan = outcomes.filter(({ name }) => isPlan(name));
  return [
    ...alive
      .filter(({ mutant }) => !reasons.has(mutant))
      .map(({ mutant, line }) => `no reason (line ${line}): ${mutant}`),
    ...[...reasons.keys()]
      .filter((mutant) => files.has(mutant.slice(0, mutant.indexOf(':'))) && !found.has(mutant))
      .map((mutant) => `noticed by now, so its reason can go: ${mutant}`),
    ...(plan.length > 0 && scoreOf(plan) < GOAL
      ? [`src/plan: ${scoreOf(plan).toFixed(1)} % are noticed, fewer than ${GOAL} %`]
      : []),
  ];
}

function isPlan(name: string): boolean {
  return name === 'plan' || name.startsWith('plan/');
}

function scoreOf(counts: readonly Pick<Outcome, 'killed' | 'total'>[]): number {
  const killed = counts.reduce((sum, one) => sum + one.killed, 0);
  const total = counts.reduce((sum, one) => sum + one.total, 0);
  return total === 0 ? 100 : (killed / total) * 100;
}

const ACCEPTED_ONES: ReadonlySet<string> = new Set(ACCEPTED.flatMap(({ mutants }) => mutants));

/** What the table says of one portion. */
interface Row {
  /** as `src/plan/facts` */
  part: string;
  taken: string;
  total: number;
  killed: number;
  accepted: number;
}

/** Writes the page between its marks; the words around it stay, and what it says of portions that were run elsewhere. */
export function writeReport(outcomes: readonly Outcome[]): void {
  const text = readFileSync(FILE, 'utf8');
  const at = outcomes
    .map((one) => one.at)
    .sort()
    .at(-1);
  const parts = { totals: totalsOf(rowsOf(outcomes, text), at ?? 'never'), survivors: survivorsOf(outcomes, text) };
  writeFileSync(
    FILE,
    Object.entries(parts).reduce(
      (page, [name, part]) =>
        page.replace(
          new RegExp(`<!-- ${name} -->\n[^]*?<!-- /${name} -->`),
          () => `<!-- ${name} -->\n${part}<!-- /${name} -->`,
        ),
      text,
    ),
  );
}

function rowsOf(outcomes: readonly Outcome[], page: string): Row[] {
  return SHARDS.flatMap(({ name }) => {
    const part = partOf(name);
    const own = outcomes.find((one) => one.name === name);
    return own === undefined ? rowOn(page, part) : [{ part, ...countsOf(own) }];
  });
}

function partOf(name: string): string {
  if (name === 'job') return name;
  return `src/${name === 'src' ? '*.ts' : name}`;
}

function countsOf({ name, quick, oneOf, total, killed, survivors }: Outcome): Omit<Row, 'part'> {
  const accepted = survivors.filter(({ mutant }) => ACCEPTED_ONES.has(mutant)).length;
  const all = quick ? 'all, by `--quick`' : 'all';
  return { taken: isPlan(name) ? all : `one of ${oneOf}`, total, killed, accepted };
}

/** The row as another run has left it, if there is one. */
function rowOn(page: string, part: string): Row[] {
  const cells = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const [, , taken = '', ...counts] = cells.find(([, first]) => first === `\`${part}\``) ?? [];
  const [total = 0, killed = 0, accepted = 0] = counts.map(Number);
  return taken === '' ? [] : [{ part, taken, total, killed, accepted }];
}

function totalsOf(rows: readonly Row[], at: string): string {
  const plan = rows.filter(({ part }) => isPlan(part.slice('src/'.length)));
  const sum = (what: 'total' | 'killed' | 'accepted'): number => plan.reduce((all, one) => all + one[what], 0);
  const line = (part: string, { taken, total, killed, accepted }: Omit<Row, 'part'>): string =>
    `| ${part} | ${taken} | ${total} | ${killed} | ${accepted} | ${total - killed - accepted} | ${scoreOf([{ total, killed }]).toFixed(1)} % |\n`;
  const own = (one: Row): string => line(`\`${one.part}\``, one);
  const counts = { taken: '', total: sum('total'), killed: sum('killed'), accepted: sum('accepted') };
  return [
    `Run of ${at}, StrykerJS ${versionOf('@stryker-mutator/core')}, vitest ${versionOf('vitest')}.\n\n`,
    '| part | taken | mutants | noticed | live with a reason | live without | noticed of 100 |\n|---|---|---|---|---|---|---|\n',
    ...plan.map(own),
    line('`src/plan`, all of the above', counts),
    ...rows.filter((one) => !plan.includes(one)).map(own),
    missingIn(rows),
  ].join('');
}

/** Portions that nobody has mutated yet. */
function missingIn(rows: readonly Row[]): string {
  const names = SHARDS.map(({ name }) => name).filter((name) => !rows.some(({ part }) => part === partOf(name)));
  const left = names.map((name) => `\`${name}\``);
  return left.length === 0 ? '' : `\nNot run yet: ${left.join(', ')}.\n`;
}

function versionOf(name: string): string {
  const read: unknown = JSON.parse(
    readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'),
  );
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : '?';
}

function survivorsOf(outcomes: readonly Outcome[], page: string): string {
  const alive = new Set(outcomes.flatMap(({ survivors }) => survivors.map(({ mutant }) => mutant)));
  const run = new Set(outcomes.flatMap(({ files }) => files));
  const lives = (mutant: string): boolean =>
    run.has(mutant.slice(0, mutant.indexOf(':'))) ? alive.has(mutant) : page.includes(`- ${code(mutant)}\n`);
  return ACCEPTED.map(({ why, mutants }) => ({ why, left: mutants.filter(lives) }))
    .filter(({ left }) => left.length > 0)
    .map(({ why, left }) => `${why}\n\n${left.map((mutant) => `- ${code(mutant)}\n`).join('')}\n`)
    .join('');
}

/** A mutant may hold grave accents itself. */
function code(mutant: string): string {
  return mutant.includes('`') ? `\`\` ${mutant} \`\`` : `\`${mutant}\``;
}
