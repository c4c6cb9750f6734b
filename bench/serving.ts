/** What both stubs need of an HTTP server. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Reset } from './control.ts';

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

/** A broken reply breaks its connection, so that no client waits for it. */
export function replyOrDestroy(work: Promise<void>, response: ServerResponse | Http2ServerResponse): void {
  work.catch((error: unknown) => {
    response.destroy(error instanceof Error ? error : new Error('the stub failed', { cause: error }));
  });
}

/** Listens on a free loopback port and tells which. */
export async function listen(server: Server | Http2SecureServer): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stub has no port');
  return address.port;
}

/** Resolves when the server is closed. Its connections must be closed before. */
export async function closed(server: Server | Http2SecureServer): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
  });
}

/** The body of a `POST /__reset`. */
export async function readReset(message: IncomingMessage): Promise<Reset> {
  const body = await readBody(message);
  const reset: Reset = body.length === 0 ? {} : JSON.parse(body.toString());
  return reset;
}
