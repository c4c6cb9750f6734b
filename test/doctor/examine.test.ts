import { expect, test } from 'vitest';
import { parseSettings } from '../../src/settings/settings.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { Questions } from '../../src/doctor/table.ts';
import { clusterView } from '../support/build.ts';

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** A cluster that answers everything, and a bucket that never does. */
function questions(changed: Partial<Questions> = {}): Questions {
  const unknown = { state: 'unknown', message: 'not asked in this story' } as const;
  return {
    root: never,
    version: async () => Promise.resolve({ state: 'known', value: 'v1.36.3' }),
    server: () => 'https://cluster',
    skew: () => 0,
    isInstalled: async () => Promise.resolve({ state: 'known', value: true }),
    operators: async () => Promise.resolve(unknown),
    isAllowed: async () => Promise.resolve({ state: 'known', value: true }),
    policies: async () => Promise.resolve(unknown),
    classes: async () => Promise.resolve({ storage: unknown, snapshot: unknown }),
    view: async () => Promise.resolve(clusterView()),
    viewWithBases: async () => Promise.resolve(clusterView()),
    viewWithPlaces: async () => Promise.resolve(clusterView()),
    now: () => 0,
    ...changed,
  };
}

async function told(ask: Questions): Promise<string[]> {
  const lines: string[] = [];
  await examine(ask, parseSettings({}), {
    signal: AbortSignal.timeout(10_000),
    patience: 20,
    telling: {
      waiting: (name) => void lines.push(`… ${name}`),
      told: (checks) => lines.push(...checks.map(({ check, state }) => `${state}: ${check}`)),
    },
  });
  return lines;
}

test('N9: a bucket that never answers costs its own time only, and each row is told as it comes', async () => {
  const lines = await told(questions());

  expect(lines.slice(0, 6)).toEqual([
    '… bucket',
    'unknown: bucket',
    '… cluster',
    'ok: cluster https://cluster',
    '… clock',
    'ok: clock',
  ]);
  expect(lines).toContain('ok: rights');
});

test('N9: a cluster that never answers is told once, and nothing else is asked of it', async () => {
  const lines = await told(questions({ version: never }));

  expect(lines).toEqual(['… bucket', 'unknown: bucket', '… cluster', 'unknown: cluster']);
});

test('a question that breaks off is told by its own row', async () => {
  const refused = async (): Promise<never> => Promise.reject(new Error('no cluster is configured'));

  expect(await told(questions({ version: refused }))).toContain('failed: cluster');
});
