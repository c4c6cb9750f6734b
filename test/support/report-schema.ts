/** The JSON Schema of the Report document, from the program's own lists of words. */
import { DOUBTFUL, PROVEN } from '../../src/origin.ts';
import { REASONS } from '../../src/reasons.ts';
import { ACTIONS, BACKUP_STATES, RESTORE_POINT_STATES } from './reference-words.ts';

type Schema = Record<string, unknown>;

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' };
const shortId = { type: 'string', pattern: '^[0-9a-f]{8}$' };
const reason = oneOf(Object.keys(REASONS));
const action = oneOf(Object.keys(ACTIONS).filter((kind) => !kind.endsWith('-adopted')));
const restorePointState = oneOf(Object.keys(RESTORE_POINT_STATES));

const newest = object({
  id: described('the full id when this run listed the repository, else its first 8 digits', {
    type: 'string',
    pattern: '^([0-9a-f]{8}|[0-9a-f]{64})$',
  }),
  at: described('when the backup ended', orNull(time)),
});

const backup = object({
  state: oneOf(Object.keys(BACKUP_STATES)),
  snapshots: described('null when this run did not list the repository', orNull(count)),
  newest: orNull(newest),
  reason: described('null only when the state is present', orNull(reason)),
});

const repositories = described('all repositories of the claim, the primary one first', {
  type: 'array',
  items: object({
    address: described('as restic writes it, without userinfo; null: its Secret holds no address', orNull(text)),
    primary: described('the one that the rest of the entry speaks of', { type: 'boolean' }),
    seen: described(
      'what this run has seen of it; elsewhere: it cannot be asked, or --allow-endpoints does not name its server',
      oneOf(['listed', 'not-looked', 'failed', 'elsewhere']),
    ),
    newest: described(
      'the newest snapshot that is known; null when there is none, or nobody has looked',
      orNull(newest),
    ),
    sources: described('names of the sources that write to it', { type: 'array', items: text }),
  }),
});

const restorePoint = object({
  state: restorePointState,
  reason: orNull(reason),
  image: described('name of the VolumeSnapshot that the destination offers', orNull(text)),
  holds: described('short id of the snapshot that the image is proven to hold', orNull(shortId)),
  lagSeconds: described('time of the newest snapshot minus time of the held one', orNull({ type: 'integer' })),
  admissible: described('whether the policy restore would attach it to a claim that is created now', {
    type: 'boolean',
  }),
  wave: described('1 starts now, a higher wave waits for a place; null: nothing to restore', orNull(count)),
});

const entry = object({
  namespace: text,
  claim: text,
  backup,
  repositories,
  restorePoint,
  source: object({
    state: described('planned: the worker is about to make one', oneOf(['active', 'planned', 'none'])),
    reason: orNull(reason),
    origin: described('how the claim began; null: not decided, or no claim', orNull(oneOf([...PROVEN, ...DOUBTFUL]))),
  }),
  actions: { type: 'array', items: action },
});

/** The Schema, as docs/reference/report.schema.json holds it. */
export function reportSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Report',
    description: 'What `volsync-prewarm plan --output json` and `volsync-prewarm status --output json` print.',
    ...object({
      kind: { const: 'Report' },
      version: { const: 1 },
      at: described('when the report was made', time),
      complete: described('every listing that was tried was believed', { type: 'boolean' }),
      entries: described('sorted by namespace, then by claim', { type: 'array', items: entry }),
      summary: object({
        backups: object({ present: count, absent: count, unknown: count }),
        restorePoints: counts(restorePointState),
        actions: counts(action),
      }),
    }),
  };
}

/** An object with exactly these fields. */
function object(properties: Record<string, Schema>): Schema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties };
}

function counts(names: Schema): Schema {
  return { type: 'object', propertyNames: names, additionalProperties: count };
}

function oneOf(words: readonly string[]): Schema {
  return { enum: words };
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

function described(description: string, schema: Schema): Schema {
  return { description, ...schema };
}
