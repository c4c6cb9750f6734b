/** The connections of the SDK's client to the S3 server: the SDK's own handler, with time-outs, proxies and the server's clock. */
import http from 'node:http';
import https from 'node:https';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { clockSkew } from '../time.ts';
import type { BucketOptions } from './requests.ts';

const CONNECT_TIMEOUT = 5_000;

/** The SDK's own HTTP handler. */
export interface Wire extends Pick<
  NodeHttpHandler,
  'handle' | 'metadata' | 'updateHttpClientConfig' | 'httpHandlerConfigs'
> {
  destroy: () => void;
  /** the server's clock minus ours in milliseconds, by its last answer; null before the first one */
  clockSkew: () => number | null;
}

/**
 * Opens the pool; nothing is sent. The time-outs are our own: the SDK has none, and `requestTimeout` alone only warns.
 * @param onConnect told when a connection stands, and the first request leaves
 */
export function openWire(options: BucketOptions, onConnect: () => void = () => undefined): Wire {
  // HTTP_PROXY, HTTPS_PROXY and NO_PROXY, by Node's own rules.
  const sockets = { maxSockets: options.concurrency, keepAlive: true, proxyEnv: options.env };
  const tls = { ...sockets, ...(options.ca !== null && { ca: options.ca }) };
  const handler = new NodeHttpHandler({
    connectionTimeout: Math.min(CONNECT_TIMEOUT, options.requestTimeout),
    requestTimeout: options.requestTimeout,
    throwOnRequestTimeout: true,
    socketTimeout: options.requestTimeout,
    httpAgent: telling(new http.Agent(sockets), 'connect', onConnect),
    httpsAgent: telling(new https.Agent(tls), 'secureConnect', onConnect),
  });
  const handle = handler.handle.bind(handler);
  let skew: number | null = null;
  return Object.assign(handler, {
    handle: async (...asked: Parameters<typeof handle>) => {
      const answer = await handle(...asked);
      skew = clockSkew(answer.response.headers['date'], Date.now()) ?? skew;
      return answer;
    },
    clockSkew: () => skew,
  });
}

/** The agent, telling of each connection that stands. */
function telling<T extends http.Agent>(agent: T, event: 'connect' | 'secureConnect', tell: () => void): T {
  const create = agent.createConnection.bind(agent);
  return Object.assign(agent, {
    createConnection: (...how: Parameters<typeof create>) => {
      const socket = create(...how);
      socket?.once(event, tell);
      return socket;
    },
  });
}
