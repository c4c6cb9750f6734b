/** The definitions of VolSync's and the snapshot controller's kinds, as far as they are used here: `sandbox/crds`. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { asInput, at, isFields, type Fields, type ObjectInput } from './objects.ts';

/** The folder of the definitions: tests put the same ones into a real API server. */
export const CRD_FOLDER = fileURLToPath(new URL('../crds', import.meta.url));

export const CRDS: readonly ObjectInput[] = readdirSync(CRD_FOLDER).map((file) =>
  asInput(load(readFileSync(join(CRD_FOLDER, file), 'utf8'))),
);

/** The one version of a kind's definition: its schema, and the columns that `kubectl get` prints. */
export function definitionOf(kind: string): { schema: Fields; columns: readonly Fields[] } | null {
  const crd = CRDS.find((one) => at(one, 'spec.names.kind') === kind);
  const versions = at(crd, 'spec.versions');
  const version: unknown = Array.isArray(versions) ? versions[0] : undefined;
  const schema = at(version, 'schema.openAPIV3Schema');
  const columns = at(version, 'additionalPrinterColumns');
  return isFields(schema) ? { schema, columns: Array.isArray(columns) ? columns.filter(isFields) : [] } : null;
}
