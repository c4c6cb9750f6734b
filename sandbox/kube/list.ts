/** Lists: pages with opaque tokens over one moment's state, selectors, metadata only. */
import { StatusError } from './errors.ts';
import { isFields, type Fields, type KubeObject } from './objects.ts';
import { apiVersionOf, isCustom, type Resource } from './resources.ts';
import { selectorTest } from './selectors.ts';
import type { Store } from './store.ts';

const KEPT = 64;

interface Page {
  items: KubeObject[];
  next: string | null;
  remaining: number;
  version: string;
}

export interface ListQuery {
  resource: Resource;
  namespace: string | undefined;
  query: Record<string, string>;
}

/** Remembers the rest of unfinished lists, so that pages belong to one moment. */
export class Lister {
  readonly #store: Store;
  readonly #rests = new Map<string, { rest: KubeObject[]; version: string }>();
  #tokens = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** One page of a list; throws 410 for an expired token. */
  page(list: ListQuery): Page {
    const { query } = list;
    const limit = Number(query['limit'] ?? 0);
    const { rest, version } = query['continue'] ? this.#resume(query['continue']) : this.#begin(list);
    if (limit <= 0 || rest.length <= limit) return { items: rest, next: null, remaining: 0, version };
    const left = rest.slice(limit);
    return { items: rest.slice(0, limit), next: this.#keep(left, version), remaining: left.length, version };
  }

  #begin(list: ListQuery): { rest: KubeObject[]; version: string } {
    const test = selectorTest(list.query['labelSelector'], list.query['fieldSelector']);
    const rest = this.#store
      .sorted(list.resource)
      .filter(
        (object) => (list.namespace === undefined || object.metadata.namespace === list.namespace) && test(object),
      );
    return { rest, version: this.#store.version };
  }

  #resume(token: string): { rest: KubeObject[]; version: string } {
    const found = this.#rests.get(token);
    if (found !== undefined) return found;
    if (!isToken(token)) throw new StatusError(400, 'invalid continue token: continue key is not valid');
    const message = 'The provided continue parameter is too old to display a consistent list result.';
    throw new StatusError(410, message, { reason: 'Expired' });
  }

  #keep(rest: KubeObject[], version: string): string {
    this.#tokens += 1;
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, n: this.#tokens })).toString(
      'base64url',
    );
    this.#rests.set(token, { rest, version });
    const [oldest] = this.#rests.keys();
    if (this.#rests.size > KEPT && oldest !== undefined) this.#rests.delete(oldest);
    return token;
  }
}

/** Does the token look like one from a sandbox server (this one or another)? */
function isToken(text: string): boolean {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return isFields(decoded);
  } catch {
    return false;
  }
}

/** Does the client ask for metadata only? */
export function wantsMetadata(accept: string): boolean {
  return /as=PartialObjectMetadata(List)?\b/.test(accept) && /g=meta\.k8s\.io/.test(accept);
}

/** An object's metadata, as `PartialObjectMetadata`. */
export function metadataOnly(object: KubeObject): Fields {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** The list object that goes over the wire. */
export function listBody(resource: Resource, page: Page, metadata: boolean): Fields {
  const more = page.next === null ? {} : { continue: page.next, remainingItemCount: page.remaining };
  const none = isCustom(resource) && !metadata ? { continue: '' } : {};
  const head = { metadata: { ...none, resourceVersion: page.version, ...more } };
  if (metadata) {
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      ...head,
      // A real server's converter starts from no list at all: `null`, not `[]`.
      items: page.items.length === 0 ? null : page.items.map(metadataOnly),
    };
  }
  const items = isCustom(resource) ? page.items : page.items.map(withoutKind);
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), ...head, items };
}

/** Items of built-in kinds come without `kind` and `apiVersion`, as from a real server. */
function withoutKind(object: KubeObject): Fields {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}
