/** The tables that `kubectl get` requests: the API server builds the rows and cells. */
import { definitionOf } from './crds.ts';
import { at, text, type Fields, type KubeObject } from './objects.ts';
import { metadataOnly } from './list.ts';
import type { Resource } from './resources.ts';

interface Column {
  name: string;
  type: string;
  cell: (object: KubeObject, now: Date) => unknown;
}

function textAt(path: string): Column['cell'] {
  return (object) => {
    const value = at(object, path);
    return Array.isArray(value) ? value.join(',') : (value ?? '');
  };
}

function accessModes(object: KubeObject): string {
  const modes = at(object, 'status.accessModes');
  return Array.isArray(modes) ? modes.map((mode) => MODES[String(mode)] ?? String(mode)).join(',') : '';
}

function ageAt(path: string): Column['cell'] {
  return (object, now) => {
    const since = Date.parse(String(at(object, path)));
    return Number.isNaN(since) ? '<unknown>' : ageOf(now.getTime() - since);
  };
}

/** An age in whole units, in the largest unit of which there are at least two: `119s`, `2m`, `5h`. */
function ageOf(millis: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const;
  const [unit, size] = units.find(([, length]) => millis >= 2 * length) ?? ['s', 1000];
  return `${Math.max(0, Math.floor(millis / size))}${unit}`;
}

const MODES: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

const NAME: Column = { name: 'Name', type: 'string', cell: textAt('metadata.name') };
const AGE: Column = { name: 'Age', type: 'string', cell: ageAt('metadata.creationTimestamp') };
const CLAIM: readonly Column[] = [
  { name: 'Status', type: 'string', cell: textAt('status.phase') },
  { name: 'Volume', type: 'string', cell: textAt('spec.volumeName') },
  { name: 'Capacity', type: 'string', cell: textAt('status.capacity.storage') },
  { name: 'Access Modes', type: 'string', cell: accessModes },
  { name: 'StorageClass', type: 'string', cell: textAt('spec.storageClassName') },
];

const EVENT: readonly Column[] = [
  { name: 'Last Seen', type: 'string', cell: ageAt('lastTimestamp') },
  { name: 'Type', type: 'string', cell: textAt('type') },
  { name: 'Reason', type: 'string', cell: textAt('reason') },
  {
    name: 'Object',
    type: 'string',
    cell: (event) =>
      `${text(event, 'involvedObject.kind')?.toLowerCase() ?? ''}/${text(event, 'involvedObject.name') ?? ''}`,
  },
  { name: 'Message', type: 'string', cell: textAt('message') },
];

function columnsOf({ kind }: Resource): readonly Column[] {
  if (kind === 'Event') return EVENT;
  if (kind === 'PersistentVolumeClaim') return [NAME, ...CLAIM, AGE];
  const defined = definitionOf(kind)?.columns ?? [];
  if (defined.length === 0) return [NAME, AGE];
  return [
    NAME,
    ...defined.map(({ name, type, jsonPath }) => {
      const path = String(jsonPath).slice(1);
      return { name: String(name), type: String(type), cell: type === 'date' ? ageAt(path) : textAt(path) };
    }),
  ];
}

/** Does the client ask for a table? */
export function wantsTable(accept: string): boolean {
  return /as=Table\b/.test(accept) && /g=meta\.k8s\.io/.test(accept);
}

/** The table of these objects; `metadata` is that of the list, or of the one object. */
export function tableBody(resource: Resource, objects: readonly KubeObject[], metadata: Fields, now: Date): Fields {
  const columns = columnsOf(resource);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now)),
      object: metadataOnly(object),
    })),
  };
}
