/** An HTTPS client over a kubeconfig that hides nothing: codes, bodies and warnings as the API server sent them. */
import { Agent, request as send } from 'undici';
import { load } from 'js-yaml';

/** `application/apply-patch+yaml`: server-side apply; JSON is YAML. */
export const APPLY = 'application/apply-patch+yaml';
export const MERGE = 'application/merge-patch+json';
/** Metadata only, as the program lists what it needs no spec of. */
export const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
/** What `kubectl get` asks for. */
export const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json';

export interface Answer {
  code: number;
  /** parsed JSON; the text when it is none */
  body: unknown;
  /** the texts of `Warning: 299 - "..."` headers */
  warnings: string[];
}

export interface ApiOptions {
  /** sent as JSON, a string as it is */
  body?: unknown;
  /** content type; default application/json */
  type?: string;
  query?: Record<string, string>;
  accept?: string;
}

export interface Api {
  request(method: string, path: string, options?: ApiOptions): Promise<Answer>;
  close(): Promise<void>;
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data'?: string } }[];
  users: { user: { token?: string; 'client-certificate-data'?: string; 'client-key-data'?: string } }[];
}

/** Opens a client by the text of a kubeconfig with one cluster and one user: CA data, and a token or a client certificate. */
export function openApi(kubeconfig: string): Api {
  const { cluster, user } = entriesOf(kubeconfig);
  const agent = new Agent({
    keepAliveTimeout: 60_000,
    connect: {
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    },
  });
  return {
    request: async (method, path, options = {}) => {
      const { body, query, type = 'application/json', accept = 'application/json' } = options;
      const url = new URL(path, cluster.server);
      for (const [key, value] of Object.entries(query ?? {})) url.searchParams.append(key, value);
      const answer = await send(url, {
        method,
        dispatcher: agent,
        headers: {
          accept,
          ...(body !== undefined && { 'content-type': type }),
          ...(user.token !== undefined && { authorization: `Bearer ${user.token}` }),
        },
        body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await answer.body.text();
      return { code: answer.statusCode, body: jsonOr(text), warnings: warningsOf(answer.headers['warning']) };
    },
    close: () => agent.close(),
  };
}

function entriesOf(kubeconfig: string): {
  cluster: Kubeconfig['clusters'][number]['cluster'];
  user: Kubeconfig['users'][number]['user'];
} {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the tests themselves
  const config = load(kubeconfig) as Kubeconfig;
  const [cluster, user] = [config.clusters[0]?.cluster, config.users[0]?.user];
  if (cluster === undefined || user === undefined) throw new Error('the kubeconfig has no cluster or no user');
  return { cluster, user };
}

function decode(data: string | undefined): string | undefined {
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Several warnings arrive as several headers or joined by commas; each is `299 - "text"`, with \" and \\ inside. */
function warningsOf(header: string | string[] | undefined): string[] {
  const whole = [header ?? []].flat().join(', ');
  return [...whole.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) =>
    (match[1] ?? '').replaceAll(/\\(.)/g, '$1'),
  );
}
