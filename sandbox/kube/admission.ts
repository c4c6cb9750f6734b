/** Every write to the API goes through this: first the hooks of the tests, then the stored policies. */
import type { KubeObject } from './objects.ts';
import type { Store } from './store.ts';

export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE';
  object: KubeObject;
  old?: KubeObject;
  user: string;
  dryRun: boolean;
}

/** Sees a write before it is stored. May return another object, or throw a StatusError. */
export type AdmissionHook = (request: AdmissionRequest) => KubeObject | undefined;

/** The kind of thing a request is about, as `request.resource` and `request.kind` say it. */
export interface Kind {
  group: string;
  version: string;
  plural: string;
  kind: string;
}

/** One write, as admission sees it. */
export interface Review {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  resource: Kind;
  /** `status`, or empty */
  subresource: string;
  /** empty for what belongs to no namespace */
  namespace: string;
  /** empty while the server has not made one from `generateName` */
  name: string;
  /** null when something is deleted */
  object: KubeObject | null;
  /** null when something is created */
  old: KubeObject | null;
  user: string;
  dryRun: boolean;
}

/** A write on its way in. */
export interface Arrival extends Review {
  /** receives the warnings; without it they are dropped */
  warnings?: string[] | undefined;
}

/** The admission policies for a write. Both functions throw a StatusError when a policy denies the request. */
export interface Admission {
  /** The object after mutation; `name` is empty when the API server will generate the name. */
  mutate(arrival: Arrival & { object: KubeObject }): KubeObject;
  validate(arrival: Arrival): void;
}

/** Makes the door of an API: `hidden` are the groups that it does not serve at the moment. */
export type DoorOf = (store: Store, hidden: ReadonlySet<string>) => Admission;

/** Admission without policies. */
export const OPEN_DOOR: Admission = { mutate: ({ object }) => object, validate: () => undefined };
