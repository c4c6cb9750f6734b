/**
 * Is every piece of the shipped policies needed, and does a row hold it? Each piece is taken out in turn; if the table comes
 * out as before, either the piece is idle or a row is missing, and the test says which.
 */
import { describe, expect, test } from 'vitest';
import { readPolicies } from '../../sandbox/admission/parse.ts';
import { asInput, fieldsAt, mergePatch, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { answerOf, casesOf, shipped, type Case } from './core.ts';
import { FLAVOURS, disagreements, flavoured, native, policyOf } from './flavours.ts';
import { jailDiffers } from './jail-core.ts';
import { JAIL_ROWS } from './jail-rows.ts';
import { mutantsOf, type Mutant } from './mutants.ts';
import { differs } from './situation.ts';
import { OVERLAYS } from './words.ts';

const NOW = new Date();
/** A policy has dozens of mutants, each asked about every row, on a machine that may be busy. */
const PATIENT = 300_000;
const TABLES = OVERLAYS.map((overlay) => ({ overlay, objects: shipped(overlay), cases: casesOf(overlay, NOW) }));

function isPolicy({ kind }: ObjectInput): boolean {
  return /^(Mutating|Validating)AdmissionPolicy(Binding)?$/.test(kind);
}

function sameObject(one: ObjectInput, other: ObjectInput): boolean {
  return one.kind === other.kind && one.metadata.name === other.metadata.name;
}

const SHIPPED: ObjectInput[] = [];
for (const object of TABLES.flatMap(({ objects }) => objects)) {
  if (isPolicy(object) && !SHIPPED.some((known) => sameObject(known, object))) SHIPPED.push(object);
}

function noticed(objects: readonly ObjectInput[], cases: readonly Case[]): string | undefined {
  const policies = readPolicies(objects);
  return cases.find((one) => differs(one.situation, answerOf(one, policies, NOW)) !== null)?.title;
}

function isNoticed({ object }: Mutant): boolean {
  const inForce = TABLES.filter(({ objects }) => objects.some((one) => sameObject(one, object)));
  const mutated = (objects: readonly ObjectInput[]): ObjectInput[] =>
    objects.map((one) => (sameObject(one, object) ? mixed(one, object) : one));
  if (object.metadata.name === 'volsync-prewarm-jail') {
    const policies = readPolicies(inForce.slice(0, 1).flatMap(({ objects }) => mutated(objects)));
    return JAIL_ROWS.some((row) => jailDiffers(row, policies) !== null);
  }
  return inForce.some(({ objects, cases }) => noticed(mutated(objects), cases) !== undefined);
}

/** An overlay's own actions stay what they are: mutants are made from the first overlay that has the binding. */
function mixed(one: ObjectInput, mutant: ObjectInput): ObjectInput {
  const { validationActions } = fieldsAt(one, 'spec');
  return asInput(validationActions === undefined ? mutant : mergePatch(mutant, { spec: { validationActions } }));
}

function survivors(mutants: readonly Mutant[], caught: (mutant: Mutant) => boolean): string[] {
  return mutants.filter((mutant) => !caught(mutant)).map(({ title }) => title);
}

describe('the pure core', { timeout: PATIENT }, () => {
  test.each(TABLES)('gives the answers of the table under $overlay', ({ objects, cases }) => {
    const policies = readPolicies(objects);
    const problems = cases.map((one) => [one.title, differs(one.situation, answerOf(one, policies, NOW))]);

    expect(problems.filter(([, problem]) => problem !== null)).toEqual([]);
  });

  test.each(TABLES)('gives them in whatever order a server asks the policies of $overlay', ({ objects, cases }) => {
    const { mutating, validating } = readPolicies(objects);
    const policies = { mutating: mutating.toReversed(), validating: validating.toReversed() };

    expect(cases.filter((one) => differs(one.situation, answerOf(one, policies, NOW)) !== null)).toEqual([]);
  });

  test('gives the answers of the jail', () => {
    const policies = readPolicies(shipped('restore'));

    expect(JAIL_ROWS.map((row) => jailDiffers(row, policies)).filter((problem) => problem !== null)).toEqual([]);
  });
});

describe('nothing in a native policy is idle', { timeout: PATIENT }, () => {
  test.each(SHIPPED.map((object) => ({ title: `${object.kind} ${object.metadata.name}`, object })))(
    '$title',
    ({ object }) => {
      expect(survivors(mutantsOf(object), isNoticed)).toEqual([]);
    },
  );
});

describe('Kyverno decides as the API server does', { timeout: PATIENT }, () => {
  const cases = casesOf('safe', NOW);

  test.each(FLAVOURS)('$directory agrees with $native on every row', (flavour) => {
    expect(disagreements(flavoured(policyOf(flavour)), native(flavour.native), cases)).toEqual([]);
  });

  test.each(FLAVOURS)('nothing in $directory is idle', (flavour) => {
    const decide = native(flavour.native);
    const caught = ({ object }: Mutant): boolean => disagreements(flavoured(object), decide, cases).length > 0;

    expect(survivors(mutantsOf(policyOf(flavour)), caught)).toEqual([]);
  });
});
