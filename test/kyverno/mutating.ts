/** MutatingPolicies in the CLI: `kyverno apply`, with what a policy can list in a context file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { CRD_FOLDER } from '../../sandbox/kube/crds.ts';
import { settleDataSources } from '../../sandbox/kube/defaults.ts';
import { asObject, type KubeObject, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { differs } from '../admission/situation.ts';
import { kyverno, withFiles } from './cli.ts';
import type { Question, Sheet } from './sheets.ts';

/** Without its definition the CLI knows no such kind. */
const CRD = join(CRD_FOLDER, 'replicationdestinations.yaml');

const CLI = 'cli.kyverno.io/v1alpha1';
const UPDATE = { apiVersion: CLI, kind: 'Values', globalValues: { 'request.operation': 'UPDATE' } };

/** The claims as the policies leave them. */
async function applied(
  policies: readonly ObjectInput[],
  { questions, objects }: Sheet,
  isUpdate: boolean,
): Promise<KubeObject[]> {
  const files = {
    policies,
    claims: questions.map(({ situation }) => situation.claim),
    context: [{ apiVersion: CLI, kind: 'Context', metadata: { name: 'cluster' }, spec: { resources: objects } }],
    values: [UPDATE],
    answer: [],
  };
  return withFiles(files, async (folder) => {
    const given = ['--resource', 'claims.yaml', '--context-file', 'context.yaml', '--crd-paths', CRD];
    const operation = isUpdate ? ['--values-file', 'values.yaml'] : [];
    const said = await kyverno(['apply', 'policies.yaml', ...given, ...operation, '--output', 'answer.yaml'], folder);
    if (said.code !== 0) throw new Error(`kyverno apply ended with ${said.code}:\n${said.text}`);
    return loadAll(await readFile(join(folder, 'answer.yaml'), 'utf8')).flatMap((one) =>
      one === null ? [] : [asObject(one)],
    );
  });
}

/** With several policies each writes the claim, as it is after all of them. A policy that the CLI did not accept writes none. */
function problemOf({ title, situation }: Question, claims: readonly KubeObject[], times: number): string | null {
  const mine = claims.filter(({ metadata }) => metadata.namespace === situation.namespace);
  if (mine.length !== times) return `${title}: ${mine.length} of ${times} policies were asked`;
  for (const claim of mine) {
    const spec = settleDataSources(claim).spec ?? {};
    const problem = differs(situation, { code: 201, message: '', spec, warnings: [] });
    if (problem !== null) return `${title}: ${problem}`;
  }
  return null;
}

/**
 * Puts a sheet to the CLI; gives every row that came out otherwise.
 * @throws Error with the CLI's words when a policy does not compile or cannot be evaluated
 */
export async function playMutating(policies: readonly ObjectInput[], sheet: Sheet): Promise<string[]> {
  const problems: (string | null)[] = [];
  for (const isUpdate of [false, true]) {
    const questions = sheet.questions.filter(({ situation }) => (situation.row.way === 'update') === isUpdate);
    if (questions.length === 0) continue;
    const claims = await applied(policies, { ...sheet, questions }, isUpdate);
    problems.push(...questions.map((question) => problemOf(question, claims, policies.length)));
  }
  return problems.filter((problem) => problem !== null);
}
