/** Errors in the form of the API server: `Status` objects. */
import type { Fields } from './objects.ts';

const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** An answer that is an error; `body` is what goes over the wire. */
export class StatusError extends Error {
  readonly code: number;
  readonly body: Fields;
  /** texts of `Warning` headers that are sent with the error */
  readonly warnings: string[] = [];

  constructor(code: number, message: string, more: { reason?: string; details?: Fields } = {}) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason: more.reason ?? REASONS[code] ?? 'Unknown',
      ...(more.details === undefined ? {} : { details: more.details }),
      code,
    };
  }
}

interface Named {
  group: string;
  plural: string;
}

/** `configmaps` or `jobs.batch`: a resource as messages call it. */
export function qualified(resource: Named): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** 404 for an object that is not there. */
export function notFound(resource: Named, name: string): StatusError {
  const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
  return new StatusError(404, `${qualified(resource)} "${name}" not found`, { details });
}

/** 409 for a name that is taken. */
export function alreadyExists(resource: Named, name: string): StatusError {
  const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
  return new StatusError(409, `${qualified(resource)} "${name}" already exists`, { reason: 'AlreadyExists', details });
}

/** 409 for a precondition that does not hold. */
export function conflict(resource: Named, name: string, why: string): StatusError {
  const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
  return new StatusError(409, `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`, { details });
}

/** 422 for a value that the server does not take. */
export function invalid(kind: string, name: string, field: string, why: string): StatusError {
  const details = { name, kind, causes: [{ reason: 'FieldValueInvalid', message: why, field }] };
  return new StatusError(422, `${kind} "${name}" is invalid: ${field}: ${why}`, { details });
}

/** 403 for something new in a namespace that is being deleted. */
export function terminating(resource: Named, name: string, namespace: string): StatusError {
  const causes = [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ];
  const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural, causes };
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  return new StatusError(403, `${qualified(resource)} "${name}" is forbidden: ${why}`, { details });
}
