/** What the bundle loads late, or leaves out of a package: each of it does its work when somebody needs it. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { dump, load } from 'js-yaml';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fieldsOf, listIn } from '../../src/cluster/read.ts';
import { ordinary, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
let proxy: Server | null = null;

beforeEach(async () => {
  lab = await startLab();
  ordinary(lab);
});

afterEach(async () => {
  proxy?.close();
  proxy = null;
  await lab[Symbol.asyncDispose]();
});

/** Changes the cluster, or the user, of the program's kubeconfig. */
async function configure(changes: { cluster?: object; user?: object }): Promise<void> {
  const file = lab.env['KUBECONFIG'] ?? '';
  const config = fieldsOf(load(await readFile(file, 'utf8')));
  const cluster = fieldsOf(fieldsOf(listIn(config, 'clusters')[0])['cluster']);
  const user = fieldsOf(fieldsOf(listIn(config, 'users')[0])['user']);
  const changed = {
    ...config,
    clusters: [{ name: 'sandbox', cluster: { ...cluster, ...changes.cluster } }],
    users: [{ name: 'worker', user: changes.user ?? user }],
  };
  await writeFile(file, dump(changed));
}

async function listening(server: Server): Promise<number> {
  proxy = server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens at a port
  return (server.address() as AddressInfo).port;
}

test('a proxy that speaks HTTP is gone through', async () => {
  const asked: string[] = [];
  const server = createHttpServer();
  server.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    const [host = '', port = ''] = url.split(':');
    const beyond = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      beyond.pipe(socket).pipe(beyond);
    });
    beyond.on('error', () => socket.destroy());
    socket.on('error', () => beyond.destroy());
  });
  await configure({ cluster: { 'proxy-url': `http://127.0.0.1:${await listening(server)}` } });
  expect((await lab.spawn(['run'])).code).toBe(0);
  expect(asked.map((place) => `https://${place}`)).toContain(lab.kube.url);
});

test('a SOCKS proxy is gone through', async () => {
  const ports: number[] = [];
  const server = createServer((socket) => {
    socket.once('data', () => {
      // Version 5, no authentication.
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (request: Buffer) => {
        const port = request.readUInt16BE(request.length - 2);
        ports.push(port);
        const beyond = connect(port, '127.0.0.1', () => {
          socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          beyond.pipe(socket).pipe(beyond);
        });
        beyond.on('error', () => socket.destroy());
        socket.on('error', () => beyond.destroy());
      });
    });
  });
  await configure({ cluster: { 'proxy-url': `socks5://127.0.0.1:${await listening(server)}` } });
  expect((await lab.spawn(['run'])).code).toBe(0);
  expect(ports).toContain(Number(new URL(lab.kube.url).port));
});

test("a token that a cloud provider's command prints is used", async () => {
  const printed = { credential: { access_token: lab.kube.tokens.worker, token_expiry: '2099-01-01T00:00:00Z' } };
  const config = {
    'cmd-path': 'echo',
    'cmd-args': `'${JSON.stringify(printed)}'`,
    'token-key': '{.credential.access_token}',
    'expiry-key': '{.credential.token_expiry}',
  };
  await configure({ user: { 'auth-provider': { name: 'gcp', config } } });
  expect((await lab.spawn(['run'])).code).toBe(0);
});
