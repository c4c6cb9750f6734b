/** The Kubernetes API stub as a process: takes arguments, sends its addresses to its parent, and exits with the parent. */

import { parseArgs } from 'node:util';
import { startKubeStub } from './stub-kube.ts';
import { parseWorld } from './world.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    world: { type: 'string', default: '1x10' },
    epoch: { type: 'string', default: String(Date.now()) },
    'repository-base': { type: 'string', default: 's3:http://127.0.0.1:9000/volsync-backups' },
    bare: { type: 'boolean', default: false },
    instant: { type: 'boolean', default: false },
    gzip: { type: 'boolean', default: true },
  },
});
const stub = await startKubeStub({
  world: {
    world: parseWorld(values.world, Number(values.epoch)),
    repositoryBase: values['repository-base'],
    state: values.bare ? 'bare' : 'warm',
  },
  restores: values.instant ? 'instant' : 'endless',
  gzip: values.gzip,
});
process.on('disconnect', () => {
  void stub.close();
});
if (process.send === undefined) console.log(stub.url, stub.controlUrl);
else process.send({ url: stub.url, controlUrl: stub.controlUrl });
