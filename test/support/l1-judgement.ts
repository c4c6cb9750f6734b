/** What must hold after the week of l1-week.ts, whichever restic has lived through it. */
import { expect } from 'vitest';
import type { AfterWeek } from './l1-week.ts';

/** A source of ours: nothing is lost, and it is said until somebody accepts. */
export function expectNothingLost({ x1, x2, held, alive, last, gone }: AfterWeek): void {
  expect(held?.slice(0, 8)).toBe(x1);
  expect([alive.includes(x2), [...gone]]).toEqual([true, []]);
  expect(last.code).toBe(3);
  const words = `the claim was filled from ${x1} although ${x2.slice(0, 8)} was newer; its source keeps everything; `;
  expect(last.findings).toEqual([
    expect.objectContaining({ reason: 'restore-stale', message: expect.stringContaining(words) }),
  ]);
}

/** Somebody else's source, whose backup and X2 are of two hours: the report says at what time X2 goes, and so it is. */
export function expectForetold({ x1, x2, held, first, last, gone }: AfterWeek): void {
  expect(held?.slice(0, 8)).toBe(x1);
  const message = first.findings.find(({ reason }) => reason === 'restore-stale')?.message ?? '';
  expect(message).toContain(`the claim was filled from ${x1} although ${x2.slice(0, 8)} was newer; `);
  const [, time, date] = /removes that snapshot about (\d\d:\d\d) UTC on (\S+);/.exec(message) ?? [];
  // To the minute.
  expect(new Date(gone.get(x2) ?? 0).toISOString().slice(0, 16)).toBe(`${date}T${time}`);
  expect([first.code, last.code]).toEqual([3, 3]);
  expect(last.findings.map((one) => one.message)).toEqual([
    expect.stringContaining('and that snapshot is gone from the bucket; to go on as it is: kubectl annotate'),
  ]);
}
