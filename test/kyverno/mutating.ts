/** MutatingPolicies in the CLI: `kyverno apply`, with the cluster's objects in a context file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { at, fieldsAt, text, type Fields, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { warm } from '../admission/build.ts';
import { differs } from '../admission/situation.ts';
import { kyverno, withFiles } from './cli.ts';
import type { Question, Sheet } from './rows.ts';

/** Without its definition the CLI knows no such kind. */
const CRDS = join(import.meta.dirname, '../control-plane/crds/replicationdestinations.yaml');

/** The CLI's list of a kind of which it has been given nothing at all is an error, where a cluster's is empty. */
const UNRELATED = warm({ metadata: { namespace: 'unrelated' } });

const VALUES = { apiVersion: 'cli.kyverno.io/v1alpha1', kind: 'Values', globalValues: { 'request.operation': 'UPDATE' } };

/** The claims as the CLI hands them back, by namespace: each row has one of its own. */
async function applied(
  policies: readonly ObjectInput[],
  { questions, objects }: Sheet,
  isUpdate: boolean,
): Promise<Map<string, Fields>> {
  const context = {
    apiVersion: 'cli.kyverno.io/v1alpha1',
    kind: 'Context',
    metadata: { name: 'cluster' },
    spec: { resources: [UNRELATED, ...objects] },
  };
  const claims = questions.map(({ situation }) => situation.claim);
  const files = { 'policies.yaml': policies, 'claims.yaml': claims, 'context.yaml': [context], 'values.yaml': [VALUES] };
  return withFiles({ ...files, 'answer.yaml': [] }, async (folder) => {
    const given = ['--resource', 'claims.yaml', '--context-file', 'context.yaml', '--crd-paths', CRDS];
    const update = isUpdate ? ['--values-file', 'values.yaml'] : [];
    const said = await kyverno(['apply', 'policies.yaml', ...given, ...update, '--output', 'answer.yaml'], folder);
    if (said.code !== 0) throw new Error(`kyverno apply ended with ${said.code}:\n${said.text}`);
    return claimsIn(await readFile(join(folder, 'answer.yaml'), 'utf8'));
  });
}

/** Every policy writes the claim, as it is after all of them. */
function claimsIn(answer: string): Map<string, Fields> {
  const claims = new Map<string, Fields>();
  for (const document of parseAllDocuments(answer)) {
    const claim: unknown = document.toJS();
    if (at(claim, 'kind') === 'PersistentVolumeClaim') {
      claims.set(text(claim, 'metadata.namespace') ?? '', fieldsAt(claim, 'spec'));
    }
  }
  return claims;
}

function judge({ title, situation }: Question, claims: ReadonlyMap<string, Fields>): string | null {
  const spec = claims.get(situation.namespace);
  if (spec === undefined) return `${title}: the CLI does not mention it`;
  const problem = differs(situation, { code: 201, message: '', spec, warnings: [] });
  return problem === null ? null : `${title}: ${problem}`;
}

/** Puts a sheet to the CLI; gives every row that came out otherwise. */
export async function playSheet(policies: readonly ObjectInput[], sheet: Sheet): Promise<string[]> {
  const problems: string[] = [];
  for (const isUpdate of [false, true]) {
    const questions = sheet.questions.filter(({ situation }) => (situation.row.way === 'update') === isUpdate);
    if (questions.length === 0) continue;
    const claims = await applied(policies, { ...sheet, questions }, isUpdate);
    problems.push(...questions.map((question) => judge(question, claims)).filter((problem) => problem !== null));
  }
  return problems;
}
