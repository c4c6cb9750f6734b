/**
 * How vitest runs the tests in Stryker's dry run: once as they are, which also tells which mutants each test reaches, and then
 * once more for each of those mutants that is still alive, in the same process. A mutant is switched on by a global that Stryker
 * compiled into the sources, so this takes milliseconds where a start of vitest takes a second.
 */
import { TestRunner, inject, vi, type RunnerTask, type RunnerTestCase, type RunnerTestSuite } from 'vitest';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { chosenTests } from './shards.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mode: 'mutant' | 'dry-run';
    testNameSeparator: string;
  }
}

/** What test/mutation/stryker-runner.mjs reads. */
interface DryRun {
  /** by mutant: the test that noticed, in Stryker's form, and how it failed */
  kills: Record<string, { test: string; message: string }>;
  /** mutants that a test has run under, dead or alive */
  reached: Record<string, true>;
  /** tests that failed without a mutant when they ran again: they prove nothing, and are not asked any more */
  unsound: string[];
}

/** The switch, as Stryker's instrumenter reads it. */
interface Switch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: { perTest: Record<string, Record<string, number>> };
}

/**
 * A test that takes so many times longer than without a mutant, and this long at the least, hangs; one that only waits is given
 * longer. In milliseconds.
 */
const HANGS = { times: 30, atLeast: 500, asleep: 4_000 };
/** The clock is read at each so many'th switch. */
const LOOKS_AT_CLOCK = 256;
/**
 * `--quick`: which tests are asked about one mutant. Some have noticed the last ones; those of its own files; those that get
 * furthest into what surrounds it, a window of mutants to either side; and others, those of its folder and the cheapest first, for
 * so many milliseconds. Over the wire a test takes a thousand times as long, so they are fewer.
 */
const QUICK = chosenTests().overTheWire
  ? { recent: 5, deep: 10, window: 12, others: 600 }
  : { recent: 20, deep: 40, window: 12, others: 600 };
/** As they are before a test puts its own in their place. */
const timers = { setTimeout, clearTimeout };
const FILE = 'dry-run.json';
const MEANWHILE = 'a test under a mutant';
const KEPT = Symbol.for('tests of this worker');

const world: typeof globalThis & { __stryker__?: Switch; [KEPT]?: RunnerTestSuite[] } = globalThis;

export default class extends TestRunner {
  /**
   * Stryker's setup hands over what all tests so far have reached, with each file anew: that filled the memory. The last file
   * has all of it.
   */
  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onBeforeRunSuite(suite);
    if ('filepath' in suite && inject('mode') === 'dry-run' && !isLast(1))
      Object.defineProperty(suite.meta, 'mutantCoverage', { set: forgets });
  }

  /** The files of a worker come one by one; with the last one all tests have run, and it is known what they reach. */
  override async onAfterRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onAfterRunSuite(suite);
    if (!('filepath' in suite) || inject('mode') !== 'dry-run') return;
    const seen = (world[KEPT] ??= []);
    seen.push(suite);
    const switches = world.__stryker__;
    if (isLast(0) && switches !== undefined)
      writeFileSync(FILE, JSON.stringify(await allUnderMutants(seen.flatMap(testsIn), switches)));
  }
}

function forgets(): void {
  // Only the last file tells.
}

/** Have the tests of all files run, but for so many? */
function isLast(left: number): boolean {
  const { include, exclude } = chosenTests();
  return (world[KEPT] ?? []).length + left === globSync(include, { exclude }).length;
}

function testsIn(task: RunnerTask): RunnerTestCase[] {
  if (task.type === 'suite') return task.tasks.flatMap(testsIn);
  return task.result?.state === 'pass' ? [task] : [];
}

async function allUnderMutants(tests: readonly RunnerTestCase[], switches: Switch): Promise<DryRun> {
  const found: DryRun = { kills: {}, reached: {}, unsound: [] };
  const reaching = new Map<string, Set<RunnerTestCase>>();
  const reach = tests.map((test) => ({
    test,
    mutants: Object.keys(switches.mutantCoverage?.perTest[idOf(test)] ?? {}),
  }));
  // A test that reaches little is quick, and about what it reaches.
  reach.sort((a, b) => a.mutants.length - b.mutants.length);
  let order = reach.map(({ test }) => test);
  for (const { test, mutants } of reach)
    for (const mutant of mutants) reaching.set(mutant, (reaching.get(mutant) ?? new Set()).add(test));
  const homes = homesOf();
  const sound = new Map<RunnerTestCase, boolean>();
  const isSound = async (test: RunnerTestCase): Promise<boolean> => {
    const is = sound.get(test) ?? (await under(undefined, test, switches)) === null;
    sound.set(test, is);
    return is;
  };
  // Neighbours have neighbouring numbers, and often die by the same test.
  for (const mutant of [...reaching.keys()].sort((a, b) => Number(a) - Number(b))) {
    const those = reaching.get(mutant) ?? new Set();
    found.reached[mutant] = true;
    const reached = order.filter((one) => those.has(one));
    for (const test of chosen(reached, { home: homes.get(mutant) ?? 'nowhere', near: nearOf(mutant, reaching) })) {
      if (!(await isSound(test))) continue;
      const message = await under(mutant, test, switches);
      if (message === null) continue;
      order = [test, ...order.filter((one) => one !== test)];
      // A mutant may leave something behind, and what is begun once for a whole file has ended by now.
      sound.delete(test);
      if (!(await isSound(test))) continue;
      found.kills[mutant] = { test: idOf(test), message };
      break;
    }
  }
  found.unsound = [...sound].filter(([, is]) => !is).map(([test]) => idOf(test));
  switches.currentTestId = undefined;
  delete switches.mutantCoverage?.perTest[MEANWHILE];
  return found;
}

interface Around {
  /** the path of its source below `test`, as the names of its own test files begin */
  home: string;
  /** by test: by how few tests the rarest mutant near this one is reached, if it is by this test */
  near: ReadonlyMap<RunnerTestCase, number>;
}

function chosen(tests: RunnerTestCase[], { home, near }: Around): RunnerTestCase[] {
  if (process.env['MUTATION_QUICK'] !== 'true') return tests;
  const folder = home.slice(0, home.lastIndexOf('/') + 1);
  const isOwn = ({ file }: RunnerTestCase): boolean => ['.', '-'].some((end) => file.filepath.includes(home + end));
  const isNear = ({ file }: RunnerTestCase): boolean => file.filepath.includes(folder);
  const own = tests.filter(isOwn);
  const rarity = (test: RunnerTestCase): number => near.get(test) ?? Infinity;
  const deep = tests.filter((one) => near.has(one)).toSorted((a, b) => rarity(a) - rarity(b));
  let left = QUICK.others;
  const cheap = tests
    .toSorted((a, b) => Number(isNear(b)) - Number(isNear(a)) || durationOf(a) - durationOf(b))
    .filter((one) => {
      left -= durationOf(one);
      return left > 0;
    });
  return [...new Set([...tests.slice(0, QUICK.recent), ...own, ...deep.slice(0, QUICK.deep), ...cheap])];
}

function durationOf({ result }: RunnerTestCase): number {
  return result?.duration ?? 0;
}

/** What a condition guards lies near it, and is reached by the tests that are about it. */
function nearOf(mutant: string, reaching: ReadonlyMap<string, ReadonlySet<RunnerTestCase>>): Around['near'] {
  const near = new Map<RunnerTestCase, number>();
  const middle = Number(mutant);
  for (let id = middle - QUICK.window; id <= middle + QUICK.window; id += 1) {
    const those = reaching.get(String(id)) ?? new Set();
    for (const test of those) near.set(test, Math.min(near.get(test) ?? Infinity, those.size));
  }
  return near;
}

/** By mutant: where tests of its source lie, `/test/plan/x` for `src/plan/x.ts`, `/test/job/x` for `job/commands/x.ts`. */
function homesOf(): Map<string, string> {
  const homes = new Map<string, string>();
  for (const file of globSync('{src,job}/**/*.ts')) {
    const home = file
      .replace(/^src\//, '/test/')
      .replace(/^job\/(?:commands\/)?/, '/test/job/')
      .replace(/\.ts$/, '');
    for (const [, mutant = ''] of readFileSync(file, 'utf8').matchAll(MUTANT)) homes.set(mutant, home);
  }
  return homes;
}

/** How Stryker's instrumenter asks whether a mutant is on. */
const MUTANT = /stryMutAct_\w+\("(\d+)"\)/g;

/** Runs one test once more, with what its file does before and after each. @returns why it failed, or null */
async function under(mutant: string | undefined, test: RunnerTestCase, switches: Switch): Promise<string | null> {
  const patience = Math.max(HANGS.atLeast, HANGS.times * durationOf(test));
  turnOn(switches, mutant, mutant === undefined ? Infinity : performance.now() + patience);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = timers.setTimeout(() => reject(new Error('it waits')), Math.max(patience, HANGS.asleep));
  });
  try {
    await Promise.race([late, wholeOf(test, switches)]);
    return null;
  } catch (error) {
    return String(error).slice(0, 200);
  } finally {
    timers.clearTimeout(timer);
    turnOn(switches, undefined, Infinity);
  }
}

async function wholeOf(test: RunnerTestCase, switches: Switch): Promise<void> {
  const around = suitesOf(test);
  const cleanups: unknown[] = [];
  vi.restoreAllMocks();
  try {
    for (const suite of around)
      for (const hook of TestRunner.getSuiteHooks(suite).beforeEach) cleanups.push(await hook(test.context, suite));
    // Stryker's own hook has named the test: what it reaches now must not count as what it reaches without a mutant.
    switches.currentTestId = MEANWHILE;
    await TestRunner.getTestFn(test)();
  } finally {
    for (const suite of around.toReversed())
      for (const hook of TestRunner.getSuiteHooks(suite).afterEach.toReversed()) await hook(test.context, suite);
    for (const cleanup of cleanups.toReversed()) if (typeof cleanup === 'function') await cleanup();
    switches.currentTestId = MEANWHILE;
  }
}

/** From the file inwards. */
function suitesOf(test: RunnerTestCase): RunnerTestSuite[] {
  const suites: RunnerTestSuite[] = [];
  for (let suite = test.suite; suite !== undefined; suite = suite.suite) suites.unshift(suite);
  return suites[0] === test.file ? suites : [test.file, ...suites];
}

/** Every loop through the sources asks which mutant is on, so an endless one ends here. */
function turnOn(switches: Switch, mutant: string | undefined, deadline: number): void {
  let active = mutant;
  let asked = 0;
  Object.defineProperty(switches, 'activeMutant', {
    configurable: true,
    enumerable: true,
    get: () => {
      asked += 1;
      if (asked % LOOKS_AT_CLOCK === 0 && performance.now() > deadline) throw new Error('it hangs');
      return active;
    },
    set: (value: string | undefined) => {
      active = value;
    },
  });
}

/** As Stryker's own setup of a test names it: its file, and the names of the suites around it and its own. */
function idOf(test: RunnerTestCase): string {
  const names = [test.name];
  for (let suite = test.suite; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return `${test.file.filepath}#${names.join(inject('testNameSeparator')).trim()}`;
}
