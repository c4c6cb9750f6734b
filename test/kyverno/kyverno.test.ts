/** The rows of the truth table in Kyverno's own engine, for the policies as they ship. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { K8S, render } from '../../sandbox/kustomize.ts';
import { shippedIndex } from '../admission/core.ts';
import { playSheet } from './mutating.ts';
import { leftOut, restoreSheet, safeSheets } from './rows.ts';

const overlay = render(join(K8S, 'overlays/safe-kyverno'));
const policies = overlay.filter(({ kind }) => kind === 'MutatingPolicy');
const restore = policies.filter(({ metadata }) => metadata.name === 'volsync-prewarm-restore');

describe('safe-kyverno', () => {
  test('restore', async () => {
    console.log(leftOut().join('\n'));
    expect(await playSheet(restore, restoreSheet())).toEqual([]);
  });
  test('restore and hold', async () => {
    const problems: string[] = [];
    for (const sheet of safeSheets(shippedIndex(overlay), new Date())) problems.push(...await playSheet(policies, sheet));
    expect(problems).toEqual([]);
  });
});
