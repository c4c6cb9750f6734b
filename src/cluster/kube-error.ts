/** Why a request has no answer. Not found, conflict, not allowed and not reachable are different kinds. */

import { messageOf, wordOf } from '../errors.ts';

export type KubeErrorKind =
  | 'absent'
  | 'conflict'
  | 'forbidden'
  | 'unauthorized'
  | 'rejected'
  | 'failed'
  | 'unreachable'
  | 'stopped';

export class KubeError extends Error {
  override name = 'KubeError' as const;
  readonly kind: KubeErrorKind;
  /** HTTP status; null when there was no answer */
  readonly status: number | null;

  constructor(kind: KubeErrorKind, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.status = options.status ?? null;
  }
}

const KINDS: Readonly<Record<number, KubeErrorKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'absent',
  409: 'conflict',
  400: 'rejected',
  415: 'rejected',
  422: 'rejected',
};

/** The error for an answer with this status. Its message is the API server's own, since a Status contains no secret. */
export function errorOfAnswer(status: number, text: string, what: string): KubeError {
  return new KubeError(kindOf(status, text), `${what}: ${statusMessage(text)} (HTTP ${status})`, { status });
}

function kindOf(status: number, text: string): KubeErrorKind {
  // A namespace that is being deleted refuses new objects. It counts as gone, not as forbidden.
  if (status === 403 && text.includes('"NamespaceTerminating"')) return 'absent';
  return KINDS[status] ?? 'failed';
}

function statusMessage(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    const message = wordOf(body, 'message');
    if (message !== null) return message;
  } catch {
    // Not a Status: the beginning of whatever it is.
  }
  return text.slice(0, 120).trim() || 'no message';
}

/** The error for a request that got no answer. */
export function errorOfTransport(cause: unknown, what: string): KubeError {
  // The parser's own words quote what it could not read, which may be a Secret; so no cause either.
  if (cause instanceof SyntaxError) return new KubeError('failed', `${what}: the answer is not JSON`);
  if (wordOf(cause, 'name') === 'TimeoutError')
    return new KubeError('unreachable', `${what}: no answer in time`, { cause });
  const inner = cause instanceof Error ? cause.cause : undefined;
  const told = wordOf(cause, 'code') ?? wordOf(inner, 'code') ?? wordOf(inner, 'message') ?? messageOf(cause);
  return new KubeError('unreachable', `${what}: the API server cannot be reached (${told})`, { cause });
}
