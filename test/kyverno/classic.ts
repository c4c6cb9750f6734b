/** The ClusterPolicy in the CLI: `kyverno test`, which answers API calls from its manifest. */
import { asInput, asObject, at, mergePatch, text, type Fields, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { selectorTest } from '../../sandbox/kube/selectors.ts';
import { MANAGED_BY, PRODUCT, VOLSYNC_GROUP, destinationName } from '../../src/naming.ts';
import { kyverno, withFiles } from './cli.ts';
import type { Question, Sheet } from './sheets.ts';

const LABEL = `${MANAGED_BY}=${PRODUCT}`;

/** What the API server answers to the one list that may be asked for; any other address has no answer and is an error. */
function apiCall(
  { situation: { claim, namespace } }: Question,
  objects: readonly ObjectInput[],
  statusCode: number,
): Fields {
  const field = `metadata.name=${destinationName(claim.metadata.name ?? 'none')}`;
  const path = `/apis/${VOLSYNC_GROUP}/v1alpha1/namespaces/${namespace}/replicationdestinations`;
  const there = objects.filter(({ metadata }) => metadata.namespace === namespace).map((object) => asObject(object));
  const body = { kind: 'ReplicationDestinationList', items: there.filter(selectorTest(LABEL, field)) };
  return {
    urlPath: `${path}?labelSelector=${LABEL}&fieldSelector=${field}`,
    method: 'GET',
    response: { statusCode, body },
  };
}

function isAttached({ situation }: Question): boolean {
  return situation.row.outcome[situation.overlay] === 'restored';
}

function attached({ situation: { claim } }: Question): ObjectInput {
  const name = destinationName(claim.metadata.name ?? '');
  const dataSourceRef = { apiGroup: VOLSYNC_GROUP, kind: 'ReplicationDestination', name };
  return asInput(mergePatch(claim, { spec: { dataSourceRef } }));
}

/** One expectation of the manifest; `skip` also stands for a claim that the policy does not select. */
function expectation(policy: ObjectInput, question: Question): Fields {
  const { claim, namespace, row } = question.situation;
  return {
    policy: policy.metadata.name,
    rule: 'restore',
    kind: 'PersistentVolumeClaim',
    resources: [`${namespace}/${claim.metadata.name ?? ''}`],
    ...(row.way === 'update' && { operation: 'UPDATE' }),
    ...(isAttached(question) ? { result: 'pass', patchedResources: 'attached.yaml' } : { result: 'skip' }),
  };
}

/** The CLI's table of results is in the midst of its talk. */
function resultsIn(said: string): unknown[] {
  const [table] = /^\[\n[^]*?^\]$/m.exec(said) ?? [];
  const results: unknown = JSON.parse(table ?? 'null');
  if (!Array.isArray(results)) throw new Error(`kyverno test gave no results:\n${said}`);
  return results;
}

function problemOf(question: Question, results: readonly unknown[]): string | null {
  const { namespace, claim } = question.situation;
  const resource = `v1/PersistentVolumeClaim/${namespace}/${claim.metadata.name ?? ''}`;
  const mine = results.filter((result) => at(result, 'RESOURCE') === resource);
  const [result] = mine;
  if (mine.length !== 1) return `${question.title}: ${mine.length} results`;
  // What a policy does not select counts as passed, whatever was expected.
  const missed = isAttached(question) && text(result, 'REASON') !== 'Ok';
  const passed = text(result, 'RESULT') === 'Pass' && !missed;
  return passed ? null : `${question.title}: ${text(result, 'REASON')}: ${text(result, 'Message')}`;
}

/**
 * Puts a sheet to the CLI; gives every row that came out otherwise.
 * @param statusCode how the API server answers each list
 */
export async function playClassic(
  policy: ObjectInput,
  { questions, objects }: Sheet,
  statusCode = 200,
): Promise<string[]> {
  const manifest = {
    apiVersion: 'cli.kyverno.io/v1alpha1',
    kind: 'Test',
    metadata: { name: 'table' },
    policies: ['policy.yaml'],
    resources: ['claims.yaml'],
    apiCallResponses: questions.map((question) => apiCall(question, objects, statusCode)),
    results: questions.map((question) => expectation(policy, question)),
  };
  const files = {
    'kyverno-test': [manifest],
    policy: [policy],
    claims: questions.map(({ situation }) => situation.claim),
    attached: questions.filter(isAttached).map(attached),
  };
  const shown = ['--output-format', 'json', '--detailed-results', '--remove-color'];
  const said = await withFiles(files, (folder) => kyverno(['test', '.', ...shown], folder));
  const results = resultsIn(said.text);
  return questions.map((question) => problemOf(question, results)).filter((problem) => problem !== null);
}
