/** The generated world that both stubs serve: N namespaces with M claims each, and K snapshots for each claim. */

import { createHash } from 'node:crypto';

export interface World {
  namespaces: number;
  claims: number;
  snapshots: number;
  /** Epoch milliseconds: everything in the world happened before this time. Both stubs must get the same value. */
  epoch: number;
}

export interface Snapshot {
  /** 64 hex digits */
  id: string;
  /** epoch milliseconds */
  at: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NAMESPACE = /^app-(\d{5})$/;
const CLAIM = /^data-(\d{3})$/;

/** A world of this many namespaces with this many claims each. */
export function worldOf(namespaces: number, claims: number, epoch = Date.now()): World {
  return { namespaces, claims, snapshots: 3, epoch };
}

/** Zero-padded, so that the order of the numbers is the order of the names. */
export function namespaceName(index: number): string {
  return `app-${String(index).padStart(5, '0')}`;
}

/** The same name in each namespace, as a StatefulSet's claims would have. */
export function claimName(index: number): string {
  return `data-${String(index).padStart(3, '0')}`;
}

/** The number in a namespace's name, or -1 when the world has no such namespace. */
export function namespaceIndex(world: World, name: string): number {
  const index = Number(NAMESPACE.exec(name)?.[1] ?? -1);
  return index < world.namespaces ? index : -1;
}

/** The number in a claim's name, or -1 when the world has no such claim. */
export function claimIndex(world: World, name: string): number {
  const index = Number(CLAIM.exec(name)?.[1] ?? -1);
  return index < world.claims ? index : -1;
}

/** One snapshot of a claim, counted back from the newest (0): hourly, the newest between one and two hours old. */
export function snapshotOf(world: World, namespace: string, claim: string, age = 0): Snapshot {
  const minute = (namespaceIndex(world, namespace) * 7 + claimIndex(world, claim)) % 50;
  return {
    id: createHash('sha256').update(`${namespace}/${claim}/${age}`).digest('hex'),
    at: world.epoch - HOUR - minute * MINUTE - age * HOUR,
  };
}

/** Reads `500x20`, the way worlds are written on command lines. */
export function parseWorld(text: string, epoch: number): World {
  const match = /^(\d+)x(\d+)$/.exec(text);
  if (match === null) throw new Error(`not a world: ${text}`);
  return worldOf(Number(match[1]), Number(match[2]), epoch);
}
