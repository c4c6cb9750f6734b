/**
 * Connections to one S3 server, for plain requests: HTTP/1.1 with one request at a time on each. Node's own client and undici cost
 * 0.4 ms of CPU for each of a run's 500 requests, most of it in code that has just been compiled; this costs 0.1 ms (measured).
 * Whatever is not plain (proxies, redirects, odd answers) is left to the SDK and its handler.
 */
import { connect, isIP, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';
import { AnswerReader, Unusual, type Answer } from './answer.ts';

export interface Pool {
  /**
   * Sends this, and gives the answer; null when it is an unusual one. Rejects with the error of the connection, or when it takes
   * too long, in the way of the SDK's handler: its names decide what the SDK tries again.
   */
  ask: (request: Buffer | string, signal: AbortSignal) => Promise<Answer | null>;
  destroy: () => void;
}

export interface Place {
  host: string;
  port: number;
  tls: boolean;
  /** PEM text of a certificate authority */
  ca: string | null;
}

export interface Patience {
  /** milliseconds until a connection stands */
  connect: number;
  /** milliseconds without a byte */
  answer: number;
}

/** Servers close a connection that is idle: after five seconds the first of them. */
const IDLE = 4000;

/**
 * Makes the pool; nothing is sent. It opens as many connections as there are requests at once.
 * @param onConnect told when a connection stands, and the first request leaves
 */
export function openPool(place: Place, patience: Patience, onConnect: () => void): Pool {
  const idle: Connection[] = [];
  const open = new Set<Connection>();

  function connection(): Connection {
    for (let one = idle.pop(); one !== undefined; one = idle.pop()) if (one.isFresh) return one;
    const made = new Connection(socketTo(place), {
      patience,
      onConnect,
      onFree: () => idle.push(made),
      onClose: () => open.delete(made),
    });
    open.add(made);
    return made;
  }

  return {
    ask: (request, signal) => (signal.aborted ? Promise.reject(aborted(signal)) : connection().ask(request, signal)),
    destroy: () => {
      for (const one of open) one.destroy();
    },
  };
}

function socketTo({ host, port, tls, ca }: Place): Socket {
  const socket = tls ? secured({ host, port, ca }) : connect({ host, port });
  return socket.setNoDelay(true);
}

function secured({ host, port, ca }: Omit<Place, 'tls'>): Socket {
  return secure({
    host,
    port,
    ALPNProtocols: ['http/1.1'],
    // An address is no name that a certificate could be asked for.
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== null && { ca }),
  });
}

interface Waiting {
  reader: AnswerReader;
  resolve: (answer: Answer | null) => void;
  reject: (error: Error) => void;
  signal: AbortSignal;
  onAbort: () => void;
}

interface Told {
  patience: Patience;
  onConnect: () => void;
  onFree: () => void;
  onClose: () => void;
}

class Connection {
  readonly #socket: Socket;
  readonly #told: Told;
  #waiting: Waiting | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stands = false;
  #idleSince = 0;

  constructor(socket: Socket, told: Told) {
    this.#socket = socket;
    this.#told = told;
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', told.onConnect);
    socket.once('connect', () => {
      this.#stands = true;
      if (this.#waiting !== null) this.#wait(told.patience.answer);
    });
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('end', () => this.#end(null));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => {
      this.#end(null);
      told.onClose();
    });
  }

  /** Whether the server has surely not forgotten it yet. */
  get isFresh(): boolean {
    if (!this.#socket.destroyed && this.#socket.writable && Date.now() - this.#idleSince < IDLE) return true;
    this.destroy();
    return false;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  ask(request: Buffer | string, signal: AbortSignal): Promise<Answer | null> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#fail(aborted(signal));
      this.#waiting = { reader: new AnswerReader(), resolve, reject, signal, onAbort };
      signal.addEventListener('abort', onAbort);
      this.#socket.ref();
      this.#socket.write(request, 'latin1');
      this.#wait(this.#stands ? this.#told.patience.answer : this.#told.patience.connect);
    });
  }

  #wait(millis: number): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = setTimeout(() => this.#fail(tooLong(millis, this.#stands)), millis);
  }

  #take(bytes: Buffer): void {
    // Nobody has asked.
    if (this.#waiting === null) return this.destroy();
    this.#timer?.refresh();
    try {
      const answer = this.#waiting.reader.take(bytes);
      if (answer === null) return;
      const waiting = this.#done();
      if (answer.headers['connection']?.toLowerCase() === 'close') this.destroy();
      else {
        this.#idleSince = Date.now();
        // An idle connection must not keep a finished program alive.
        this.#socket.unref();
        this.#told.onFree();
      }
      waiting?.resolve(answer);
    } catch (error) {
      if (!(error instanceof Unusual)) return this.#fail(error instanceof Error ? error : new Error(String(error)));
      const waiting = this.#done();
      this.destroy();
      waiting?.resolve(null);
    }
  }

  /** The connection is no more; an answer whose head has come is one all the same. */
  #end(error: Error | null): void {
    const answer = this.#waiting?.reader.end(error) ?? null;
    if (answer === null) return this.#fail(error === null ? hungUp() : inTheWayOfTheSdk(error));
    const waiting = this.#done();
    this.destroy();
    waiting?.resolve(answer);
  }

  #fail(error: Error): void {
    const waiting = this.#done();
    this.destroy();
    waiting?.reject(error);
  }

  #done(): Waiting | null {
    const waiting = this.#waiting;
    this.#waiting = null;
    clearTimeout(this.#timer ?? undefined);
    waiting?.signal.removeEventListener('abort', waiting.onAbort);
    return waiting;
  }
}

function aborted({ reason }: AbortSignal): Error {
  return Object.assign(new Error('Request aborted', { cause: reason }), { name: 'AbortError' });
}

function tooLong(millis: number, stands: boolean): Error {
  const what = stands ? 'the server did not answer' : 'no connection was established';
  return inTheWayOfTheSdk(Object.assign(new Error(`${what} within ${millis} ms`), { code: 'ETIMEDOUT' }));
}

function hungUp(): Error {
  return inTheWayOfTheSdk(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
}

const AS_TIMEOUTS: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

function inTheWayOfTheSdk(error: Error): Error {
  return 'code' in error && AS_TIMEOUTS.has(error.code) ? Object.assign(error, { name: 'TimeoutError' }) : error;
}
