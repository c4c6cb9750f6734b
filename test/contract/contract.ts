/**
 * How a Kubernetes API must behave where the program relies on it. One suite for the sandbox and for a real API server:
 * the sandbox cannot drift, and a sentence that is not true of a real server cannot stay.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { openApi, type Api } from '../support/api.ts';
import { applying } from './applying.ts';
import { creating } from './creating.ts';
import { made, type Ground, type Server } from './ground.ts';
import { owning } from './owning.ts';
import { patching } from './patching.ts';
import { reading } from './reading.ts';
import { writing } from './writing.ts';

/** Registers the suite for the server that `open` starts, one for all tests: each has a namespace of its own. */
export function contract(open: () => Promise<Server>): void {
  let ground: Ground | undefined;
  let close = async (): Promise<void> => {};
  const given = (): Ground => {
    if (ground === undefined) throw new Error('the server has not been started');
    return ground;
  };
  beforeAll(async () => {
    const server = await open();
    const [admin, worker] = [openApi(server.admin), openApi(server.worker)];
    const stranger = openApi(server.worker.replace(/token: .*/, 'token: nonsense'));
    ground = { admin, worker, stranger, forgetPages: server.forgetPages, place: placesOf(admin) };
    close = async () => {
      await Promise.all([admin.close(), worker.close(), stranger.close()]);
      await server[Symbol.asyncDispose]();
    };
  });
  afterAll(() => close());
  describe('reading', () => {
    reading(given);
  });
  describe('applying', () => {
    applying(given);
  });
  describe('creating', () => {
    creating(given);
  });
  describe('owning fields', () => {
    owning(given);
  });
  describe('patching what others have made', () => {
    patching(given);
  });
  describe('writing by other doors', () => {
    writing(given);
  });
}

function placesOf(admin: Api): () => Promise<string> {
  let count = 0;
  return async () => {
    count += 1;
    const name = `contract-${count}`;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { contract: 'yes' } } };
    await made(admin.request('POST', '/api/v1/namespaces', { body }));
    return name;
  };
}
