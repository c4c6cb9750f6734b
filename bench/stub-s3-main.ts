/** The S3 stub as a process: takes arguments, sends its address to its parent, and exits with the parent. */

import { parseArgs } from 'node:util';
import { startS3Stub } from './stub-s3.ts';
import { parseWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    world: { type: 'string', default: '1x10' },
    epoch: { type: 'string', default: String(Date.now()) },
    marked: { type: 'boolean', default: false },
  },
});
const stub = await startS3Stub(parseWorld(values.world, Number(values.epoch)), { marked: values.marked });
process.on('disconnect', () => {
  void stub.close();
});
if (process.send === undefined) console.log(stub.url);
else process.send({ url: stub.url, controlUrl: stub.url });
