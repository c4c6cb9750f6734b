/** The HTTPS server: HTTP/2 and HTTP/1.1, bearer tokens, faults, and a record of all requests. */
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { load } from 'js-yaml';
import { readBody, secureServer, type SecureServer } from '../serving.ts';
import { StatusError } from './errors.ts';
import type { FaultRule, Faults } from './faults.ts';
import { at } from './objects.ts';

export type User = 'admin' | 'worker';

export interface RecordedRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  contentType: string;
  /** 0 while there is no answer */
  status: number;
  user: User | null;
  body?: unknown;
}

export interface WireRequest extends RecordedRequest {
  accept: string;
  userAgent: string;
}

export interface WireAnswer {
  code: number;
  body: unknown;
  /** texts of `Warning` headers */
  warnings?: readonly string[];
}

export interface ServerOptions {
  tokens: Record<User, string>;
  faults: Faults;
  /** the API server's clock, sent as `Date` with every answer */
  clock: () => Date;
  /** answers a request that passed authentication and faults; may throw a StatusError */
  answer: (request: WireRequest) => WireAnswer;
}

type Incoming = Http2ServerRequest;
type Outgoing = Http2ServerResponse;

const NO_PROTOBUF =
  'the sandbox reads JSON and YAML, not protobuf: add --dry-run=client -o yaml to this command, and pipe it into kubectl apply -f -';

function parsed(body: Buffer, contentType: string): unknown {
  if (contentType.startsWith('application/vnd.kubernetes.protobuf')) throw new StatusError(415, NO_PROTOBUF);
  const source = body.toString();
  if (source === '') return undefined;
  try {
    return /^\s*[{[]/.test(source) ? JSON.parse(source) : load(source);
  } catch {
    throw new StatusError(400, 'the body of the request could not be read');
  }
}

function send(
  response: Outgoing,
  { code, body, warnings = [] }: WireAnswer,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.writableEnded) return;
  const plain = typeof body === 'string';
  const payload = plain ? body : JSON.stringify(body);
  if (warnings.length > 0) response.setHeader('warning', warnings.map(warningHeader));
  response.writeHead(code, {
    'content-type': plain ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': String(Buffer.byteLength(payload)),
    ...headers,
  });
  response.end(payload);
}

function warningHeader(text: string): string {
  return `299 - "${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

function cut(request: Incoming): void {
  const session = request.httpVersionMajor === 2 ? request.stream.session : undefined;
  if (session === undefined) request.socket.destroy();
  else session.destroy();
}

export class WireServer {
  readonly requests: RecordedRequest[] = [];
  tlsConnections = 0;
  readonly #options: ServerOptions;
  readonly #server: SecureServer;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#server = secureServer(
      (request, response) => void this.#serve(request, response),
      () => (this.tlsConnections += 1),
    );
  }

  /** Listens on a free loopback port; gives the URL back. */
  async listen(): Promise<string> {
    return `https://127.0.0.1:${await this.#server.listen()}`;
  }

  /** Cuts every connection and stops. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#server.close();
  }

  async #serve(request: Incoming, response: Outgoing): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const record = this.#record(request);
    response.setHeader('date', this.#options.clock().toUTCString());
    try {
      const body = parsed(await readBody(request), record.contentType);
      if (body !== undefined) record.body = body;
      if (record.user === null) throw new StatusError(401, 'Unauthorized');
      const fault = this.#options.faults.take(record);
      if (fault !== undefined && !(await this.#suffer(fault, request, response))) return;
      const { accept = '', 'user-agent': userAgent = '' } = request.headers;
      const answer = this.#options.answer({ ...record, accept, userAgent });
      record.status = answer.code;
      send(response, answer);
    } catch (error) {
      const known = error instanceof StatusError ? error : new StatusError(500, `Internal error: ${String(error)}`);
      record.status = known.code;
      send(response, known, retryHeader(known));
    }
  }

  #record(request: Incoming): RecordedRequest {
    const url = new URL(request.url, 'https://sandbox');
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const { tokens } = this.#options;
    const record: RecordedRequest = {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      contentType: request.headers['content-type'] ?? '',
      status: 0,
      user: token === tokens.admin ? 'admin' : token === tokens.worker ? 'worker' : null,
    };
    this.requests.push(record);
    return record;
  }

  /** Applies a fault; true when the request continues normally afterwards. */
  async #suffer(fault: FaultRule, request: Incoming, response: Outgoing): Promise<boolean> {
    if (fault.delay !== undefined) await this.#wait(fault.delay);
    if (fault.hang === true) return false;
    if (fault.drop === true) {
      cut(request);
      return false;
    }
    if (fault.status === undefined) return !response.destroyed;
    const details = fault.retryAfter === undefined ? {} : { details: { retryAfterSeconds: fault.retryAfter } };
    throw new StatusError(fault.status, fault.message ?? `injected fault ${fault.status}`, details);
  }

  async #wait(millis: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, millis);
      timer.unref();
      this.#timers.add(timer);
    });
  }
}

function retryHeader(error: StatusError): Record<string, string> {
  const seconds = at(error.body, 'details.retryAfterSeconds');
  return typeof seconds === 'number' ? { 'retry-after': String(seconds) } : {};
}
