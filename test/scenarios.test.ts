/** The scenarios and the test plan that the product started from, as data: plain objects in, verdicts out. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { load } from 'js-yaml';
import { claimKey, isNamespaceName } from '../src/naming.ts';
import { runCode } from '../src/report/exit-code.ts';
import { reportOf } from '../src/report/report.ts';
import { parseSettings, type RawSettings } from '../src/settings/settings.ts';
import { parseDuration } from '../src/units.ts';
import { NOW, bucketView, planOf } from './support/build.ts';
import { repositoriesOf, viewOf } from './support/objects.ts';

const FOLDER = new URL('scenarios/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

interface Expected {
  backup: string;
  restorePoint: string;
  wave: number | null;
  admissible: boolean;
  actions: string[];
}

interface Scenario {
  name: string;
  why: string;
  settings?: Record<string, string>;
  bucket: { key: string; age: string; size?: number }[];
  cluster: unknown[];
  expect: Record<string, Expected>;
  index?: Record<string, string> | null;
  exit: number;
}

function scenarioIn(file: string): Scenario {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the tests themselves
  return load(readFileSync(new URL(file, FOLDER), 'utf8')) as Scenario;
}

function words(state: string, reason: string | null): string {
  return reason === null ? state : `${state}: ${reason}`;
}

function settingsOf(scenario: Scenario): ReturnType<typeof parseSettings> {
  const given = Object.entries({ endpoint: 'http://rustfs.example:9000', ...scenario.settings });
  const raw: RawSettings = Object.fromEntries(given.map(([flag, value]) => [flag, { value, from: `--${flag}` }]));
  return parseSettings(raw);
}

function judged(scenario: Scenario): { told: Record<string, Expected>; result: ReturnType<typeof planOf> } {
  const keys = scenario.bucket.map(({ key, age, size = 1 }) => ({ key, size, at: NOW - parseDuration(age)! }));
  const below = keys.filter(({ key }) => isNamespaceName(key.split('/')[0] ?? ''));
  const repositories = repositoriesOf(below);
  const cluster = viewOf(scenario.cluster, { keys: Object.keys(repositories) });
  const marked = below.length < keys.length;
  const result = planOf({ bucket: bucketView(repositories, { marked }), cluster, settings: settingsOf(scenario) });
  const told = reportOf(result).entries.map((entry): [string, Expected] => [
    claimKey(entry),
    {
      backup: words(entry.backup.state, entry.backup.reason),
      restorePoint: words(entry.restorePoint.state, entry.restorePoint.reason),
      wave: entry.restorePoint.wave,
      admissible: entry.restorePoint.admissible,
      actions: entry.actions,
    },
  ]);
  return { told: Object.fromEntries(told), result };
}

describe.each(FILES)('%s', (file) => {
  const scenario = scenarioIn(file);
  const { told, result } = judged(scenario);

  it(`is told rightly: ${scenario.name}`, () => {
    expect(told).toEqual(scenario.expect);
    expect(runCode(result, 0, settingsOf(scenario))).toBe(scenario.exit);
  });

  it('asks for nothing that the bucket does not show', () => {
    const starts = result.chains
      .flat()
      .filter(({ kind }) => kind.endsWith('create-destination') || kind.startsWith('retrigger'));
    for (const action of starts) {
      const key = claimKey('desired' in action ? action.desired : action);
      expect(scenario.bucket.some((object) => new RegExp(`^${key}/snapshots/[0-9a-f]{64}$`).test(object.key))).toBe(
        true,
      );
    }
  });
});

describe('the policies are told', () => {
  it.each(FILES.filter((file) => scenarioIn(file).index !== undefined))('what %s says', (file) => {
    const scenario = scenarioIn(file);
    const { index } = judged(scenario).result;
    expect(index && { ...index.about, ...Object.fromEntries(index.entries) }).toEqual(scenario.index);
  });
});

describe('a held claim', () => {
  it('gets a restore point of its own size', () => {
    const scenario = scenarioIn('10-claim-before-restore-point.yaml');
    const made = judged(scenario)
      .result.chains.flat()
      .find((one) => one.kind === 'create-destination');
    expect(made).toMatchObject({
      desired: { spec: { capacity: '5Gi' }, memory: { capacityFrom: 'claim' } },
    });
  });
});
