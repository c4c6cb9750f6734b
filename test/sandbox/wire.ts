/** A client of the sandbox's API for these tests: one request, its status and its body. */
import { Agent, request } from 'undici';
import type { Kube } from '../../sandbox/kube/kube.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: any; // oxlint-disable-line typescript/no-explicit-any -- the tests read many shapes
}

interface Call {
  body?: unknown;
  type?: string;
  accept?: string;
  token?: string | null;
}

export interface Client {
  call: (method: Method, path: string, options?: Call) => Promise<Answer>;
  /** server-side apply */
  apply: (path: string, body: unknown, query?: string) => Promise<Answer>;
  close: () => Promise<void>;
}

/** A client with a connection of its own; `h2: false` speaks HTTP/1.1. */
export function clientOf(kube: Kube, options: { h2?: boolean } = {}): Client {
  const dispatcher = new Agent({ allowH2: options.h2 ?? true, connect: { ca: kube.ca } });
  const call = async (method: Method, path: string, call: Call = {}): Promise<Answer> => {
    const token = call.token === undefined ? kube.tokens.admin : call.token;
    const headers: Record<string, string> = { accept: call.accept ?? 'application/json' };
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    if (call.body !== undefined) headers['content-type'] = call.type ?? 'application/json';
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const response = await request(kube.url + path, { method, dispatcher, headers, body });
    const text = await response.body.text();
    const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : text;
    return { status: response.statusCode, headers: response.headers, body: parsed };
  };
  return {
    call,
    apply: (path, body, query = 'fieldManager=tester') =>
      call('PATCH', `${path}?${query}`, { body, type: 'application/apply-patch+yaml' }),
    close: () => dispatcher.destroy(),
  };
}
