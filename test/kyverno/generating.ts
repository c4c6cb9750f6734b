/** GeneratingPolicies in the CLI: `kyverno apply`, with the cluster in a context file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { CRD_FOLDER } from '../../sandbox/kube/crds.ts';
import { asInput, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { source } from '../../sandbox/story.ts';
import { besideOf, claimOf, configMap, type GeneratedRow } from '../admission/generated.ts';
import { kyverno, withFiles } from './cli.ts';

/** Without its definition the CLI knows no such kind. */
const CRD = join(CRD_FOLDER, 'replicationsources.yaml');

/** A kind of which the CLI has seen no object at all is an error to it, and no empty list. */
const UNRELATED = source({ namespace: 'unrelated', claim: 'unrelated' });

type Judge = (row: GeneratedRow, namespace: string, made: readonly ObjectInput[]) => object | null;

/**
 * Puts rows to the CLI, each in a namespace of its own, those with the same settings at once; gives every one that came out otherwise.
 * @throws Error with the CLI's words when a policy does not compile or cannot be evaluated
 */
export async function playGenerating(
  policy: ObjectInput,
  rows: readonly GeneratedRow[],
  judge: Judge,
): Promise<object[]> {
  const placed = rows.map((row, count) => ({ row, namespace: row.namespace ?? `t${count}` }));
  const problems: (object | null)[] = [];
  for (const alike of Map.groupBy(placed, ({ row }) => JSON.stringify(configMap(row))).values()) {
    const made = await madeBy(policy, alike);
    for (const { row, namespace } of alike)
      problems.push(
        judge(
          row,
          namespace,
          made.filter(({ metadata }) => metadata.namespace === namespace),
        ),
      );
  }
  return problems.filter((problem) => problem !== null);
}

async function madeBy(
  policy: ObjectInput,
  placed: readonly { row: GeneratedRow; namespace: string }[],
): Promise<ObjectInput[]> {
  const [first] = placed;
  const resources = [
    UNRELATED,
    ...(first === undefined ? [] : configMap(first.row)),
    ...placed.flatMap(({ row, namespace }) => besideOf(row, namespace)),
  ];
  const files = {
    policy: [policy],
    claims: placed.map(({ row, namespace }) => claimOf(row, namespace)),
    context: [
      { apiVersion: 'cli.kyverno.io/v1alpha1', kind: 'Context', metadata: { name: 'cluster' }, spec: { resources } },
    ],
    answer: [],
  };
  return withFiles(files, async (folder) => {
    const given = ['--resource', 'claims.yaml', '--context-file', 'context.yaml', '--crd-paths', CRD];
    const said = await kyverno(['apply', 'policy.yaml', ...given, '--output', 'answer.yaml'], folder);
    if (said.code !== 0) throw new Error(`kyverno apply ended with ${said.code}:\n${said.text}`);
    const written = loadAll(await readFile(join(folder, 'answer.yaml'), 'utf8'));
    return written.filter((one) => one !== null).map(asInput);
  });
}
