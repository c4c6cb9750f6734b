/** docs/admission.md says what the rows say. */
import { describe, expect, test } from 'vitest';
import { currentPage, generatedPage } from './docs.ts';
import { JAIL_ROWS } from './jail-rows.ts';
import { GROUPS } from './rows.ts';

describe('docs/admission.md', () => {
  test('has the table that follows from the rows (`npm run docs` writes it)', () => {
    expect(currentPage()).toBe(generatedPage(currentPage()));
    expect(currentPage()).toContain('| a claim is created, and … |');
  });

  test.each(GROUPS)('$title: no row is there twice', ({ rows }) => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  test('no way out of the jail is tried twice under one name', () => {
    const names = JAIL_ROWS.map(({ by, how, name }) => `${by} ${how} ${name}`);

    expect(new Set(names).size).toBe(names.length);
  });
});
