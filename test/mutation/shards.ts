/** What is mutated, in which portions, and by which tests each portion is judged. */
import { globSync, readFileSync } from 'node:fs';
import { hash } from '../../src/hash.ts';

export interface Shard {
  name: string;
  /** globs; an exclamation mark in front takes files out */
  sources: readonly string[];
  tests: Tests;
  /** of so many functions and constants, one is mutated */
  oneOf: number;
}

/**
 * Which tests run, all in one process: without servers a mutant costs milliseconds, over the wire (`bucket`, `cluster`, `run`, `job`) as
 * long as a few tests take.
 */
type Tests = (typeof NAMES)[number];

const NAMES = ['plan', 'pure', 'bucket', 'cluster', 'run', 'job'] as const;

/** They put something in the place of a module of the program, for every test of their process. */
const MOCKED = ['test/bucket/direct.test.ts', 'test/cluster/connection.test.ts'];

export const TESTS: Record<Tests, { include: string[]; exclude: string[] }> = {
  plan: {
    include: [
      'test/plan/**/*.test.ts',
      'test/scenarios.test.ts',
      'test/report/*.test.ts',
      'test/admission/readiness.test.ts',
      'test/index/places.test.ts',
      // restic's own answers, to which the plan's forget is held
      'test/contract/forget.test.ts',
    ],
    exclude: ['**/random-weeks.test.ts'],
  },
  pure: {
    include: [
      'test/{plan,report,index,restic,settings}/**/*.test.ts',
      'test/*.test.ts',
      'test/cluster/{memory,parse*}.test.ts',
      'test/job/command-line.test.ts',
    ],
    exclude: ['**/random-weeks.test.ts', 'test/{manual-run,manifests,overlays,readme,recording,reference}.test.ts'],
  },
  bucket: {
    include: ['test/bucket/**/*.test.ts', 'test/end-to-end/{index,never,records}.test.ts'],
    exclude: MOCKED,
  },
  cluster: {
    include: [
      'test/{cluster,contract}/**/*.test.ts',
      'test/doctor/*.test.ts',
      'test/job/doctor.test.ts',
      'test/end-to-end/{never,newest,cluster-faults}.test.ts',
    ],
    exclude: MOCKED,
  },
  run: {
    include: ['test/run.test.ts', 'test/end-to-end/{never,linger,modes,index,cluster-faults,two-runs}.test.ts'],
    exclude: [],
  },
  job: {
    include: [
      'test/job/{command-line,doctor,explain,habits,init,live-view,manifests,readiness,snapshots}.test.ts',
      'test/{nearest,readme,reference}.test.ts',
    ],
    exclude: [],
  },
};

/** The tests of this process, by an environment variable: Stryker's processes and vitest's workers inherit it. */
export function chosenTests(): { include: string[]; exclude: string[]; overTheWire: boolean } {
  const tests = NAMES.find((one) => one === process.env['MUTATION_TESTS']) ?? 'plan';
  return { ...TESTS[tests], overTheWire: tests !== 'plan' && tests !== 'pure' };
}

const PLAN: readonly Shard[] = ['restore', 'facts', 'backup', 'fleet', 'answers'].map((folder) => ({
  name: `plan/${folder}`,
  sources: [`src/plan/${folder}/*.ts`],
  tests: 'plan',
  oneOf: 1,
}));

/** Tests see them in processes of the program alone, where nothing can be switched on. */
const IN_PROCESSES = [
  'main',
  'execute',
  'signals',
  'log',
  'terminal',
  'region',
  'build',
  'cluster-settings',
  'completion',
  'commands/{run,plan,backup,status,log-lines}',
];

export const SHARDS: readonly Shard[] = [
  ...PLAN,
  { name: 'plan', sources: ['src/plan/*.ts'], tests: 'plan', oneOf: 1 },
  ...['index', 'restic', 'report', 'settings'].map((folder): Shard => ({
    name: folder,
    sources: [`src/${folder}/*.ts`],
    tests: 'pure',
    oneOf: 6,
  })),
  {
    name: 'src',
    sources: ['src/*.ts', '!src/{run,run-records,run-probes,look-into,bounded}.ts'],
    tests: 'pure',
    oneOf: 6,
  },
  { name: 'cluster', sources: ['src/cluster/*.ts'], tests: 'cluster', oneOf: 12 },
  {
    name: 'bucket',
    sources: ['src/bucket/*.ts', 'src/{look-into,bounded}.ts'],
    tests: 'bucket',
    oneOf: 12,
  },
  { name: 'run', sources: ['src/{run,run-records,run-probes}.ts'], tests: 'run', oneOf: 3 },
  { name: 'job', sources: ['job/**/*.ts', `!job/{${IN_PROCESSES.join(',')}}.ts`], tests: 'job', oneOf: 12 },
];

/** Another seed takes another sample. */
const SEED = 'volsync-prewarm 0.1';

/** The files of a shard. */
export function filesOf({ sources }: Shard): string[] {
  const out = sources.filter((one) => one.startsWith('!')).map((one) => one.slice(1));
  const files = globSync(sources.filter((one) => !one.startsWith('!')));
  const left = new Set(globSync(out));
  return files.filter((file) => !left.has(file)).sort();
}

/** What Stryker is given: whole files, or the lines of the functions and constants that the sample holds. */
export function mutatedIn(shard: Shard): string[] {
  const files = filesOf(shard);
  return shard.oneOf === 1 ? files : files.flatMap((file) => sampleOf(file, shard.oneOf));
}

function sampleOf(file: string, oneOf: number): string[] {
  return declarationsIn(readFileSync(file, 'utf8'))
    .filter(({ name }) => hash(`${SEED} ${file} ${name}`) % oneOf === 0)
    .map(({ from, to }) => `${file}:${from}-${to}`);
}

/** Functions, constants and methods by their lines; the formatter sees to it that what begins at a margin ends there. */
function declarationsIn(text: string): { name: string; from: number; to: number }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const [, margin = '', name] = BEGINS.exec(line) ?? METHOD.exec(line) ?? [];
    if (name === undefined) return [];
    const ends = new RegExp(`^${margin}[^\\s]`);
    const isWhole = /[;}]$/.test(line) && !/[{([]$/.test(line);
    const length = isWhole
      ? 0
      : lines.slice(index + 1).findIndex((other) => ends.test(other) && /[;}]$/.test(other)) + 1;
    return [{ name, from: index + 1, to: index + 1 + Math.max(0, length) }];
  });
}

const BEGINS = /^()(?:export )?(?:async )?(?:function|const) (\w+)/;
const METHOD = /^( {2})(?:async )?(#?\w+)\([^]*\{$/;
