import { startSandbox } from '../../sandbox/sandbox.ts';
import { openApi } from '../support/api.ts';
import { contract } from './contract.ts';

/** As many unfinished lists as the sandbox remembers. */
const REMEMBERED = 64;

contract(async () => {
  const sandbox = await startSandbox({ volsync: false });
  const admin = openApi(sandbox.kubeconfig('admin'));
  return {
    admin: sandbox.kubeconfig('admin'),
    worker: sandbox.kubeconfig('worker'),
    forgetPages: async () => {
      for (let count = 0; count <= REMEMBERED; count += 1)
        await admin.request('GET', '/api/v1/namespaces', { query: { limit: '1' } });
    },
    [Symbol.asyncDispose]: async () => {
      await admin.close();
      await sandbox.stop();
    },
  };
});
