/** What `status` knows beside the view of a run: every claim, whatever its label says, and how its last backup went. */
import type { Instant } from './model.ts';
import type { ClusterFailure } from './failures.ts';

export interface ClaimSummary {
  namespace: string;
  claim: string;
  /** the value of the label `backup`; null: there is none */
  label: string | null;
  optedOut: boolean;
  phase: string;
  /** a quantity: what the volume has, else what was requested */
  size: string | null;
}

export interface SourceSummary {
  namespace: string;
  claim: string;
  name: string;
  result: string | null;
  lastSyncAt: Instant | null;
  /** short id of the snapshot that its last log says was saved */
  saved: string | null;
}

/** A StatefulSet's claim template: it makes claims anew, with its own labels and not those that somebody put on a claim. */
export interface ClaimTemplate {
  namespace: string;
  set: string;
  /** `<template>-<set>-`, with which its claims' names begin; an ordinal follows */
  prefix: string;
  /** the value of its label `backup`; null: there is none */
  label: string | null;
}

/** The template that makes this claim, or null where none is known. */
export function templateOf(
  { namespace, claim }: { namespace: string; claim: string },
  templates: readonly ClaimTemplate[],
): ClaimTemplate | null {
  return (
    templates.find(
      (one) =>
        one.namespace === namespace && claim.startsWith(one.prefix) && /^\d+$/.test(claim.slice(one.prefix.length)),
    ) ?? null
  );
}

export interface Overview {
  /** by claim key */
  claims: ReadonlyMap<string, ClaimSummary>;
  /** by claim key: all that back the claim up */
  sources: ReadonlyMap<string, readonly SourceSummary[]>;
  templates: readonly ClaimTemplate[];
  failures: readonly ClusterFailure[];
}
