/** Shared by all servers of the sandbox and the bench: certificate, request bodies, ports and shutdown. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';

/** A self-signed certificate for the loopback address, and its key (PEM). The key is public and protects nothing. */
export interface Identity {
  ca: string;
  cert: string;
  key: string;
}

function pem(name: string): string {
  return readFileSync(new URL(`tls/loopback-${name}.pem`, import.meta.url), 'utf8');
}

/** The pair of keys in `sandbox/tls`. */
export function loopbackIdentity(): Identity {
  const cert = pem('cert');
  return { ca: cert, cert, key: pem('key') };
}

/** The whole body of a request. */
export async function readBody(message: IncomingMessage | Http2ServerRequest): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await new Promise<void>((resolve, reject) => {
    message.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    message.on('end', resolve);
    message.on('error', reject);
  });
  return Buffer.concat(chunks);
}

/** If a reply fails, its connection is cut, so that the client does not wait for the rest. */
export function replyOrDestroy(work: Promise<void>, response: ServerResponse | Http2ServerResponse): void {
  work.catch((error: unknown) => {
    response.destroy(error instanceof Error ? error : new Error('the server failed', { cause: error }));
  });
}

/** Listens on a free loopback port and returns the port. */
export async function listen(server: Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Resolves when the server is closed. Its connections must be closed before. */
export async function closed(server: Server | Http2SecureServer): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
  });
}

/** An HTTPS server for HTTP/2 and HTTP/1.1 on the loopback, as the API server is one. */
export interface SecureServer {
  listen: () => Promise<number>;
  /** Cuts every connection and stops. */
  close: () => Promise<void>;
}

/** Creates the server; `onConnection` is called for each TLS connection. */
export function secureServer(
  onRequest: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
  onConnection: () => void,
): SecureServer {
  const { cert, key } = loopbackIdentity();
  // The limit of kube-apiserver since 1.29.
  const settings = { maxConcurrentStreams: 100 };
  // Node refuses requests while 10 MB of answers wait on a connection; an API server does not (its unit is a megabyte).
  const maxSessionMemory = 1000;
  const server = createSecureServer({ allowHTTP1: true, cert, key, settings, maxSessionMemory }, onRequest);
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  server.on('secureConnection', (socket: Socket) => {
    onConnection();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => sockets.delete(socket));
  });
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => sessions.delete(session));
  });
  return {
    listen: () => listen(server),
    close: async () => {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      await closed(server);
    },
  };
}
