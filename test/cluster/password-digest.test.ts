import { expect, test } from 'vitest';
import { passwordDigests } from '../../src/cluster/password-digest.ts';

test('L2: a digest is of one password and one salt, and shows neither the password nor a hash without the salt', async () => {
  const { make, matches } = passwordDigests();
  const [one, other, salted] = await Promise.all([make('a', 'uid-1'), make('b', 'uid-1'), make('a', 'uid-2')]);
  expect(new Set([one, other, salted.replace('uid-2', 'uid-1')]).size).toBe(3);
  expect(one).toMatch(/^s1:uid-1:[0-9a-f]{64}$/);
  expect([await matches(one, 'a'), await matches(other, 'a'), await matches(salted, 'a')]).toEqual([true, false, true]);
  expect(await passwordDigests().make('a', 'uid-1')).toBe(one);
});

test.each(['', 'a', 's1:uid-1:', `s2:uid-1:${'0'.repeat(64)}`, `s1:${'x'.repeat(65)}:${'0'.repeat(64)}`])(
  'what is no digest matches nothing: %j',
  async (annotation) => {
    expect(await passwordDigests().matches(annotation, 'a')).toBe(false);
  },
);
