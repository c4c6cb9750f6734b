/** Holds documents that the program printed against the published Schema. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

const SCHEMA: unknown = JSON.parse(
  readFileSync(new URL('../../docs/reference/report.schema.json', import.meta.url), 'utf8'),
);

/**
 * What is wrong with a document by docs/reference/report.schema.json, one line for each; empty when it conforms.
 * Throws when the Schema itself is none.
 */
export function schemaErrors(document: unknown): string[] {
  if (typeof SCHEMA !== 'object' || SCHEMA === null) throw new Error('report.schema.json holds no object');
  const conforms = new Ajv({ allErrors: true }).compile(SCHEMA);
  return conforms(document)
    ? []
    : (conforms.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
