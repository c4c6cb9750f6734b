/** JSON patches (RFC 6902), as the API server takes them. */
import { applyPatch, type Operation } from 'rfc6902';
import { StatusError } from './errors.ts';
import { text, type Fields } from './objects.ts';

/** The document after all operations, in order; throws 422 when one fails. */
export function jsonPatch(document: Fields, operations: readonly unknown[]): Fields {
  const target = structuredClone(document);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library says of each operation what is wrong with it
  const results = applyPatch(target, structuredClone(operations) as Operation[]);
  const failed = results.findIndex((result) => result !== null);
  if (failed === -1) return target;
  const path = text(operations[failed], 'path');
  if (results[failed]?.name === 'TestError') throw new StatusError(422, `testing value ${path} failed: test failed`);
  throw new StatusError(422, `the patch names a path that is not there: ${path}`);
}
