/** Stores the objects: one version counter, one list of listeners, and owned objects are deleted with their owner. */
import type { Change, KubeObject } from './objects.ts';
import { RESOURCES, resourceOf, type Resource } from './resources.ts';

type Listener = (change: Change) => void;

interface Shelf {
  objects: Map<string, KubeObject>;
  /** the keys in the order of a list; null after a name came or went */
  keys: string[] | null;
  /** the objects in that order; null after any write */
  sorted: KubeObject[] | null;
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export class Store {
  readonly #shelves = new Map<string, Shelf>();
  readonly #listeners = new Set<Listener>();
  /** owner's uid → the keys of what it owns, so that a deletion need not look at everything */
  readonly #owned = new Map<string, Set<string>>();
  #version = 100;

  /** The version of the newest write, as lists carry it. */
  get version(): string {
    return String(this.#version);
  }

  /** The stored object itself (never change it), or undefined. */
  get(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    return this.#shelf(resource).objects.get(keyOf(namespace, name));
  }

  /** All stored objects of a resource, in the order of a list (never change them). */
  sorted(resource: Resource): KubeObject[] {
    const shelf = this.#shelf(resource);
    if (shelf.sorted === null) {
      shelf.keys ??= [...shelf.objects.keys()].sort();
      shelf.sorted = shelf.keys.flatMap((key) => shelf.objects.get(key) ?? []);
    }
    return shelf.sorted;
  }

  /** Stores an object under a new resourceVersion, calls the listeners, and returns the stored object. */
  save(resource: Resource, object: KubeObject): KubeObject {
    this.#version += 1;
    const next = { ...object, metadata: { ...object.metadata, resourceVersion: this.version } };
    const shelf = this.#shelf(resource);
    const key = keyOf(next.metadata.namespace ?? '', next.metadata.name);
    const old = shelf.objects.get(key);
    shelf.objects.set(key, next);
    shelf.sorted = null;
    if (old === undefined) shelf.keys = null;
    this.#own(resource, next);
    this.#tell(old === undefined ? { type: 'ADDED', object: next } : { type: 'MODIFIED', object: next, old });
    return next;
  }

  /** Removes an object and everything that only this object owned; for a namespace, everything inside. */
  drop(resource: Resource, object: KubeObject): void {
    const shelf = this.#shelf(resource);
    const key = keyOf(object.metadata.namespace ?? '', object.metadata.name);
    if (!shelf.objects.delete(key)) return;
    this.#version += 1;
    shelf.sorted = null;
    shelf.keys = null;
    this.#tell({ type: 'DELETED', object });
    this.#collect(object.metadata.uid);
    if (resource.plural === 'namespaces') this.#empty(object.metadata.name);
  }

  /** Calls the listener after every change; returns a function that removes the listener. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #shelf(resource: Resource): Shelf {
    let shelf = this.#shelves.get(resource.plural);
    if (shelf === undefined) {
      shelf = { objects: new Map(), keys: null, sorted: null };
      this.#shelves.set(resource.plural, shelf);
    }
    return shelf;
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #own(resource: Resource, object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(owner.uid) ?? new Set();
      owned.add(`${resource.plural}/${keyOf(object.metadata.namespace ?? '', object.metadata.name)}`);
      this.#owned.set(owner.uid, owned);
    }
  }

  #collect(uid: string): void {
    const owned = this.#owned.get(uid);
    this.#owned.delete(uid);
    for (const path of owned ?? []) {
      const [plural = '', namespace = '', name = ''] = path.split('/');
      const resource = resourceOf(plural);
      const object = this.get(resource, namespace, name);
      if (object !== undefined) this.#disown(resource, object, uid);
    }
  }

  #disown(resource: Resource, object: KubeObject, uid: string): void {
    const owners = object.metadata.ownerReferences ?? [];
    const left = owners.filter((owner) => owner.uid !== uid);
    if (left.length === owners.length) return;
    if (left.length === 0) this.drop(resource, object);
    else this.save(resource, { ...object, metadata: { ...object.metadata, ownerReferences: left } });
  }

  #empty(namespace: string): void {
    for (const resource of RESOURCES) {
      if (!resource.namespaced) continue;
      for (const object of this.sorted(resource)) {
        if (object.metadata.namespace === namespace) this.drop(resource, object);
      }
    }
  }
}
