/** The sandbox's `forget`, and the program's own, against what restic 0.18 has answered (test/real/forget.test.ts asks it again). */
import { expect, test } from 'vitest';
import { hexId } from '../../sandbox/story.ts';
import { MoverFailure } from '../../sandbox/volsync/repository.ts';
import { forgetOptions, forgettable } from '../../sandbox/volsync/retention.ts';
import { forgottenBy } from '../../src/plan/backup/forgotten.ts';
import { parseRetain } from '../../src/retain.ts';
import { recorded, REFUSED, SETS, table } from './forget.ts';

const NOW = new Date('2025-06-01T00:00:00Z');

function savedOf(set: string): { id: string; at: Date; host: string; paths: string[] }[] {
  return (SETS[set] ?? []).map(({ time, host = 'volsync', path = 'data' }, index) => ({
    id: hexId(`${set} ${index}`),
    at: new Date(`${time}Z`),
    host,
    paths: [`/${path}`],
  }));
}

function placesOf(all: readonly { id: string }[], gone: ReadonlySet<string>): number[] {
  return all.flatMap(({ id }, index) => (gone.has(id) ? [] : [index + 1]));
}

test('the sandbox forgets what restic forgets, and refuses what it refuses', async () => {
  const answered = await table((set, policy) => {
    const saved = savedOf(set);
    const source = { spec: { restic: policy === undefined ? {} : { retain: policy } } };
    try {
      return placesOf(saved, new Set(forgettable(saved, forgetOptions(source), NOW)));
    } catch (error) {
      if (error instanceof MoverFailure) return null;
      throw error;
    }
  });
  expect(answered.split('\n')).toEqual(recorded().split('\n'));
});

test('the program, which sees neither host nor path, expects the same of a repository that VolSync alone writes to', async () => {
  const answered = await table((set, policy) => {
    const all = savedOf(set).map(({ id, at }) => ({ id, at: at.getTime() }));
    return placesOf(all, new Set(forgottenBy(parseRetain(policy), all, NOW.getTime()).map(({ id }) => id)));
  });
  const program = answered.split('\n').filter(isPlain);
  expect(program).toEqual(recorded().split('\n').filter(isPlain).map(withoutRefusals));
});

/** An empty text never reaches the program, and of hosts and paths it knows nothing. */
function isPlain(line: string): boolean {
  return line !== '' && !line.startsWith('two hosts') && !/=(,| \|)/.test(line);
}

/** A refusal removes nothing. */
function withoutRefusals(line: string): string {
  const [set = '', policy, left] = line.split(' | ');
  const count = SETS[set]?.length ?? 0;
  return left === REFUSED ? `${set} | ${policy} | ${count === 1 ? '1' : `1-${count}`}` : line;
}
