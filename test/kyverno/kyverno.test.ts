/** The truth table in Kyverno's own engine, for the policies that the Kyverno overlays install. */
import { join } from 'node:path';
import pLimit from 'p-limit';
import { describe, expect, test } from 'vitest';
import { asInput, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { K8S, render } from '../../sandbox/kustomize.ts';
import { shippedIndex } from '../admission/core.ts';
import { GROUPS } from '../admission/rows.ts';
import { restorePoints } from '../admission/rows/restore.ts';
import { playClassic } from './classic.ts';
import { CREDENTIAL_ROWS, SOURCE_ROWS, problemOfCredentials, problemOfSource } from '../admission/generated.ts';
import { playGenerating } from './generating.ts';
import { playMutating } from './mutating.ts';
import { leftOut, restoreSheet, safeSheets, type Sheet } from './sheets.ts';

/** The CLI uses about one processor. */
const AT_ONCE = 2;

const overlay = render(join(K8S, 'overlays/safe-kyverno'));
const mutating = overlay.filter(({ kind }) => kind === 'MutatingPolicy');
const restore = named(mutating, 'volsync-prewarm-restore');
const classic = named(render(join(K8S, 'overlays/classic-kyverno')), 'volsync-prewarm-restore');

function named(objects: readonly ObjectInput[], name: string): ObjectInput {
  const found = objects.find(({ kind, metadata }) => kind !== 'ClusterRole' && metadata.name === name);
  if (found === undefined) throw new Error(`the overlay has no ${name}`);
  return found;
}

/** The policy with one piece of its text exchanged. */
function altered(policy: ObjectInput, piece: string, by: string): ObjectInput {
  const written = JSON.stringify(policy);
  if (!written.includes(piece)) throw new Error(`the policy has no ${piece}`);
  const read: unknown = JSON.parse(written.replace(piece, by));
  return asInput(read);
}

/** The first rows of the table, of which the named one alone is asked, or all. */
function fewRows(name?: string): Sheet {
  const sheet = restoreSheet([restorePoints]);
  const questions = sheet.questions.filter(({ situation }) => name === undefined || situation.row.name === name);
  if (questions.length === 0) throw new Error(`no row is called: ${name}`);
  return { ...sheet, questions };
}

test('every row is put to the CLI, or left out for a reason', () => {
  const rows = GROUPS.flatMap((group) => group.rows);
  const without = leftOut();
  console.log(
    `asked: ${rows.length - without.length} of ${rows.length} rows\nleft out: ${without.join('\nleft out: ')}`,
  );

  expect(restoreSheet().questions).toHaveLength(rows.length - without.length);
  expect(without.length).toBeLessThan(rows.length / 20);
});

describe('safe-kyverno', () => {
  test('has two policies for Kyverno', () => {
    expect(mutating.map(({ metadata }) => metadata.name)).toEqual(['volsync-prewarm-restore', 'volsync-prewarm-hold']);
  });

  test('restore alone decides as the table says under restore', async () => {
    expect(await playMutating([restore], restoreSheet())).toEqual([]);
  });

  test('restore and hold decide as the table says under safe', async () => {
    const limit = pLimit(AT_ONCE);
    const sheets = safeSheets(shippedIndex(overlay), new Date());
    const problems = await limit.map(sheets, (sheet) => playMutating(mutating, sheet));

    expect(problems.flat()).toEqual([]);
  });

  test('a list that fails is an error, and no empty list', async () => {
    const asked = playMutating([restore], { ...fewRows('there is no destination'), objects: [] });

    await expect(asked).rejects.toThrow('failed to evaluate policy: failed to list resource');
  });

  test('without dyn() Kyverno does not compile the policy', async () => {
    const plain = altered(restore, 'dyn(resource', '(resource');

    await expect(playMutating([plain], fewRows())).rejects.toThrow("expression of type 'any' cannot be range");
  });

  test('a policy that decides otherwise is noticed', async () => {
    const careless = altered(restore, '!= destination.status.latestImage.name', '!= \\"\\" || true');

    expect(await playMutating([careless], fewRows())).toContainEqual(
      expect.stringContaining('the image is marked suspect: expected: starts empty'),
    );
  });

  test('a policy that Kyverno leaves out is noticed', async () => {
    const misspelt = altered(restore, 'failurePolicy', 'failPolicy');

    expect(await playMutating([misspelt], fewRows('there is no destination'))).toEqual([
      expect.stringContaining('0 of 1 policies were asked'),
    ]);
  });
});

describe('classic-kyverno', () => {
  test('restore asks for the one list and decides as the table says under restore', async () => {
    expect(await playClassic(classic, restoreSheet())).toEqual([]);
  });

  test('a list that fails is an error, and no empty list', async () => {
    expect(await playClassic(classic, fewRows('there is no destination'), 503)).toEqual([
      expect.stringContaining('Want skip, got error'),
    ]);
  });

  test('a policy that asks for another list is noticed', async () => {
    const careless = altered(classic, 'labelSelector=app.kubernetes.io/managed-by=volsync-prewarm&', '');

    expect(await playClassic(careless, fewRows())).toHaveLength(fewRows().questions.length);
  });

  test('a policy that decides otherwise is noticed', async () => {
    const careless = altered(classic, '!= status.latestImage.name', '!= `0`');

    expect(await playClassic(careless, fewRows())).toEqual([
      expect.stringContaining('the image is marked suspect: Want skip'),
    ]);
  });
});

describe('sources and credentials', () => {
  const made = render(join(K8S, 'policies/kyverno/sources'));
  const source = named(made, 'volsync-prewarm-source');
  const credentials = named(made, 'volsync-prewarm-credentials');

  test('a source is what the worker would make of the same claim, but for its minute', async () => {
    expect(await playGenerating(source, SOURCE_ROWS, problemOfSource)).toEqual([]);
  });

  test('credentials are what the worker would derive, and a password stays', async () => {
    expect(await playGenerating(credentials, CREDENTIAL_ROWS, problemOfCredentials)).toEqual([]);
  });

  test('a policy that makes something else is noticed', async () => {
    const forgetful = altered(source, '\\"within\\": dyn(\\"3d\\")', '\\"within\\": dyn(\\"1d\\")');
    const changing = altered(credentials, ' + \\"-volsync-secret\\"))]', ' + \\"-other\\"))]');

    expect(await playGenerating(forgetful, SOURCE_ROWS.slice(0, 1), problemOfSource)).toHaveLength(1);
    expect(await playGenerating(changing, CREDENTIAL_ROWS, problemOfCredentials)).toMatchObject([
      { name: 'the base has other keys than its Secret, and another password' },
    ]);
  });
});
