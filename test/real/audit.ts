/** The audit log of the API server: who asked for what, exactly. */
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request, by its answer. */
export interface Audited {
  user: string;
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  code: number;
  uri: string;
}

/** Both stages: a request without an answer yet is one to wait for. */
export const AUDIT_POLICY = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  rules: [{ level: 'Metadata' }],
});

export interface AuditLog {
  /** Everything since the last `forget`, in the order of the answers. */
  read: (user?: string) => Promise<Audited[]>;
  forget: () => Promise<void>;
}

interface Line {
  auditID: string;
  stage: 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  verb: string;
  requestURI: string;
  user: { username?: string };
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
}

/** Reads the log at this path. */
export function auditLog(path: string): AuditLog {
  let from = 0;

  /** A client may have its answer a moment before the line is written: waits until no request is open. */
  async function settled(): Promise<Line[]> {
    for (;;) {
      const lines = parseLines((await readFile(path)).subarray(from).toString());
      const answered = new Set(lines.flatMap((line) => (line.stage === 'RequestReceived' ? [] : [line.auditID])));
      if (lines.every((line) => answered.has(line.auditID))) return lines;
      await sleep(20);
    }
  }

  return {
    read: async (user) => {
      const done = (await settled()).filter(({ stage }) => stage === 'ResponseComplete');
      return done.map(auditedOf).filter((one) => user === undefined || one.user === user);
    },
    forget: async () => {
      await settled();
      from = (await stat(path)).size;
    },
  };
}

function parseLines(text: string): Line[] {
  // The last one may be half written.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').filter(Boolean);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the API server, to its documentation
  return lines.map((line) => JSON.parse(line) as Line).filter(({ verb }) => verb !== 'watch');
}

function auditedOf(line: Line): Audited {
  const { apiGroup = '', resource = '', subresource = '', namespace = '', name = '' } = line.objectRef ?? {};
  return {
    user: line.user.username ?? '',
    verb: line.verb,
    group: apiGroup,
    resource,
    subresource,
    namespace,
    name,
    code: line.responseStatus?.code ?? 0,
    uri: line.requestURI,
  };
}
