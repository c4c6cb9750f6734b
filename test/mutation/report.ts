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
  const found = new Set(alive.map(({ mutant }) => mutant));
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

function scoreOf(outcomes: readonly Outcome[]): number {
  const [killed, total] = [sumOf(outcomes, 'killed'), sumOf(outcomes, 'total')];
  return total === 0 ? 100 : (killed / total) * 100;
}

function sumOf(outcomes: readonly Outcome[], what: 'killed' | 'total'): number {
  return outcomes.reduce((sum, one) => sum + one[what], 0);
}

const ACCEPTED_ONES: ReadonlySet<string> = new Set(ACCEPTED.flatMap(({ mutants }) => mutants));

/** Writes the page between its marks; the words around it stay. */
export function writeReport(outcomes: readonly Outcome[]): void {
  const text = readFileSync(FILE, 'utf8');
  const parts = { totals: totalsOf(outcomes), survivors: survivorsOf(outcomes) };
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

function totalsOf(outcomes: readonly Outcome[]): string {
  const plan = outcomes.filter(({ name }) => isPlan(name));
  const others = outcomes.filter(({ name }) => !isPlan(name));
  const row = (name: string, taken: string, of: readonly Outcome[]): string => {
    const [killed, total] = [sumOf(of, 'killed'), sumOf(of, 'total')];
    const accepted = of.flatMap(({ survivors }) => survivors).filter(({ mutant }) => ACCEPTED_ONES.has(mutant)).length;
    return `| ${name} | ${taken} | ${total} | ${killed} | ${accepted} | ${total - killed - accepted} | ${scoreOf(of).toFixed(1)} % |\n`;
  };
  const dates = outcomes.map(({ at }) => at).sort();
  return [
    `Run of ${dates.at(-1) ?? 'never'}, StrykerJS ${versionOf('@stryker-mutator/core')}, vitest ${versionOf('vitest')}.\n\n`,
    '| part | taken | mutants | noticed | live with a reason | live without | noticed of 100 |\n|---|---|---|---|---|---|---|\n',
    ...plan.map((one) => row(`\`src/${one.name}\``, one.quick ? 'all, by `--quick`' : 'all', [one])),
    row('`src/plan`, all of the above', '', plan),
    ...others.map((one) => row(`\`src/${one.name === 'src' ? '*.ts' : one.name}\``, `one of ${one.oneOf}`, [one])),
    missingIn(outcomes),
  ].join('');
}

/** Portions that nobody has mutated yet. */
function missingIn(outcomes: readonly Outcome[]): string {
  const left = SHARDS.filter(({ name }) => !outcomes.some((one) => one.name === name)).map(({ name }) => `\`${name}\``);
  return left.length === 0 ? '' : `\nNot run yet: ${left.join(', ')}.\n`;
}

function versionOf(name: string): string {
  const read: unknown = JSON.parse(
    readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'),
  );
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : '?';
}

function survivorsOf(outcomes: readonly Outcome[]): string {
  const alive = new Set(outcomes.flatMap(({ survivors }) => survivors.map(({ mutant }) => mutant)));
  return ACCEPTED.map(({ why, mutants }) => ({ why, left: mutants.filter((mutant) => alive.has(mutant)) }))
    .filter(({ left }) => left.length > 0)
    .map(({ why, left }) => `${why}\n\n${left.map((mutant) => `- ${code(mutant)}\n`).join('')}\n`)
    .join('');
}

/** A mutant may hold grave accents itself. */
function code(mutant: string): string {
  return mutant.includes('`') ? `\`\` ${mutant} \`\`` : `\`${mutant}\``;
}
