/** What stands at the door of the API: hooks of stories, and the policies that are stored in it. */
import type { Review } from '../admission/model.ts';
import type { KubeObject } from './objects.ts';

export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE';
  object: KubeObject;
  old?: KubeObject;
  user: string;
  dryRun: boolean;
}

/** Sees a write before it is stored; may give another object back, or throw a StatusError. */
export type AdmissionHook = (request: AdmissionRequest) => KubeObject | undefined;

/** A write on its way in. */
export interface Arrival extends Review {
  /** takes the texts of warnings; without it nobody is told */
  warnings?: string[] | undefined;
}

/** The policies' say in a write. Both throw the StatusError of a refusal. */
export interface Admission {
  /** The object as mutating policies leave it; `name` is empty when the server makes one. */
  mutate(arrival: Arrival & { object: KubeObject }): KubeObject;
  validate(arrival: Arrival): void;
}
