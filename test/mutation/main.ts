/**
 * `npm run mutate`: breaks the sources in thousands of small ways and asks the tests about each. Opt-in, since it takes long.
 *
 *     npm run mutate                            everything; what was done before and has not changed since is not done again
 *     npm run mutate -- plan/facts run          some portions, anew
 *     npm run mutate -- src/plan/facts/age.ts   some files of src/plan: what lives in them is printed, and nothing is kept
 *     npm run mutate -- --quick                 asks few tests about each mutant, and leaves out what is worked out only while
 *                                               modules load: more mutants seem to live than do
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ACCEPTED } from './accepted.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { problemsOf, writeReport } from './report.ts';
import { SHARDS, TESTS, filesOf, mutatedIn, type Shard } from './shards.ts';

const KEPT = 'coverage/mutation';
/** Not below node_modules: vitest would leave what lies there to Node. */
const SANDBOX = 'coverage/stryker';

const isQuick = process.argv.includes('--quick');
const words = process.argv.slice(2).filter((word) => word !== '--quick');
const isFile = (word: string): boolean => word.endsWith('.ts');
const [sources, asked] = [words.filter(isFile), words.filter((word) => !isFile(word))];
const unknown = asked.filter((name) => !SHARDS.some((shard) => shard.name === name));
if (unknown.length > 0) {
  const names = SHARDS.map(({ name }) => name).join(', ');
  process.stderr.write(`mutate: no such portion: ${unknown.join(', ')}. There are ${names}.\n`);
  process.exit(1);
}

if (sources.length > 0) {
  const { survivors, total } = mutate({ name: 'files', sources, tests: 'plan', oneOf: 1 });
  const lines = survivors.map(
    ({ mutant, line }) => `line ${line}: ${mutant}${hasReason(mutant) ? ' (has a reason)' : ''}`,
  );
  process.stdout.write([...lines, `${lines.length} of ${total} live`, ''].join('\n'));
  process.exit();
}

const outcomes: Outcome[] = [];
for (const shard of SHARDS) {
  const kept = keptOf(shard);
  const isAnew = asked.length === 0 ? kept?.state !== stateOf(shard) : asked.includes(shard.name);
  const outcome = isAnew ? keep(shard, mutate(shard)) : kept;
  if (outcome !== null) outcomes.push(outcome);
}
if (outcomes.length > 0) writeReport(outcomes);
const problems = problemsOf(outcomes);
process.stdout.write([...problems, `${problems.length} problems`, ''].join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;

function mutate(shard: Shard): Outcome {
  const [state, name] = [stateOf(shard), shard.name.replace('/', '-')];
  const [configFile, fileName] = [`${KEPT}/${name}.config.json`, `${KEPT}/${name}.report.json`];
  const config = {
    testRunner: 'in-process',
    plugins: ['@stryker-mutator/vitest-runner', new URL('stryker-runner.mjs', import.meta.url).pathname],
    mutate: mutatedIn(shard),
    coverageAnalysis: 'perTest',
    vitest: { configFile: 'vitest.mutate.config.ts', related: false },
    concurrency: 1,
    ignoreStatic: isQuick,
    timeoutMS: 20_000,
    dryRunTimeoutMinutes: 60,
    // TypeScript 7 has no API for Stryker's rewriting of tsconfig.json, and vitest needs none.
    tsconfigFile: 'none.json',
    tempDirName: `${SANDBOX}/${name}`,
    ignorePatterns: ['coverage', 'dist'],
    reporters: ['json'],
    jsonReporter: { fileName },
  };
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(configFile, JSON.stringify(config));
  const env = { ...process.env, MUTATION_TESTS: shard.tests, ...(isQuick && { MUTATION_QUICK: 'true' }) };
  process.stdout.write(`${shard.name}: ${config.mutate.length} files or parts of files\n`);
  const { status } = spawnSync('stryker', ['run', configFile], { env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`stryker could not mutate ${shard.name}`);
  return outcomeOf(shard, { state, quick: isQuick }, readFileSync(fileName, 'utf8'));
}

function keep(shard: Shard, outcome: Outcome): Outcome {
  writeFileSync(fileOf(shard), JSON.stringify(outcome, null, 1));
  return outcome;
}

function hasReason(mutant: string): boolean {
  return ACCEPTED.some(({ mutants }) => mutants.includes(mutant));
}

function fileOf({ name }: Shard): string {
  return `${KEPT}/${name.replace('/', '-')}.json`;
}

function keptOf(shard: Shard): Outcome | null {
  try {
    const outcome: Outcome = JSON.parse(readFileSync(fileOf(shard), 'utf8'));
    return outcome;
  } catch {
    return null;
  }
}

/** Changes with the mutated files, and with the tests. */
function stateOf(shard: Shard): string {
  const { include, exclude } = TESTS[shard.tests];
  const state = createHash('sha256');
  for (const file of [...filesOf(shard), ...globSync(include, { exclude }).sort()])
    state.update(file).update(readFileSync(file));
  return state.digest('hex').slice(0, 16);
}
