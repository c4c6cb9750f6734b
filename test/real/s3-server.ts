/** A real S3 server that checks signatures: versitygw over a folder. Objects are files, put there by the tests. */
import { mkdir, mkdtemp, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { freePort, guarded } from './process.ts';

export interface S3Server extends AsyncDisposable {
  /** http://127.0.0.1:<port> */
  endpoint: string;
  /** what the program needs to find and open it */
  environment: Record<string, string>;
  /** Writes objects into a bucket, which is made when missing. */
  put: (bucket: string, keys: readonly string[], at?: Date) => Promise<void>;
  /** Writes one object. */
  write: (bucket: string, key: string, body: string | Buffer, at?: Date) => Promise<void>;
}

const [ACCESS_KEY, SECRET_KEY] = ['prewarm-test', 'prewarm-test-secret'];

/** Starts the server with one account. */
export async function startS3Server(): Promise<S3Server> {
  const { versitygw } = await ensureBinaries();
  const folder = await mkdtemp(join(tmpdir(), 'prewarm-real-s3-'));
  const [root, sidecar] = [join(folder, 'buckets'), join(folder, 'metadata')];
  await Promise.all([mkdir(root), mkdir(sidecar)]);
  const address = `127.0.0.1:${await freePort()}`;
  const programs = guarded(folder);
  // A sidecar: extended attributes do not exist on every temporary file system.
  const account = ['--access', ACCESS_KEY, '--secret', SECRET_KEY];
  const command = [versitygw, '--port', address, ...account, '--quiet', 'posix', '--sidecar', sidecar, root] as const;
  const server = await programs.start(command, join(folder, 'versitygw.log'));
  const endpoint = `http://${address}`;
  await server.until(async () => (await fetch(endpoint)).status > 0);
  const write: S3Server['write'] = async (bucket, key, body, at = new Date()) => {
    const file = join(root, bucket, key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, body);
    await utimes(file, at, at);
  };
  return {
    endpoint,
    environment: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    },
    write,
    put: async (bucket, keys, at) => {
      for (const key of keys) await write(bucket, key, 'content', at);
    },
    [Symbol.asyncDispose]: () => programs[Symbol.asyncDispose](),
  };
}
