import { contract } from '../contract/contract.ts';
import { startControlPlane } from './control-plane.ts';

contract(async () => {
  const plane = await startControlPlane();
  await plane.installCrds();
  await plane.applyKustomization('k8s/base');
  return {
    admin: plane.adminKubeconfig,
    worker: await plane.workerKubeconfig(),
    forgetPages: async () => {
      await plane.compact();
      // The API server remembers recent pages itself.
      await plane.restartApi('SIGKILL');
    },
    [Symbol.asyncDispose]: () => plane.stop(),
  };
});
