// SPDX-License-Identifier: Apache-2.0

/**
 * Values that remember who read them.
 *
 * A signal is a function: calling it reads the value and, inside an effect or a computed value, subscribes to it.
 * Effects run again only when a value they read has really changed; a computed value is worked out when somebody
 * asks and kept until one of its own sources changes. Everything made inside a {@link scope} ends with that scope,
 * so a component that is thrown away leaves no subscription behind.
 */
export interface Signal<T> {
  (): T;
  /** Reads without subscribing. */
  peek(): T;
}

/** A signal its owner can change. */
export interface WritableSignal<T> extends Signal<T> {
  set(value: T): void;
  update(change: (value: T) => T): void;
}

export type Dispose = () => void;

interface Source {
  version: number;
  readonly readers: Set<Reader>;
  /** Brings `version` up to date. */
  refresh(): void;
}

/** Something that reads sources: an effect or a computed value. */
interface Reader {
  readonly sources: Map<Source, number>;
  stale(): void;
}

let reader: Reader | undefined;
let cleanups: Dispose[] | undefined;
let batchDepth = 0;
const pending = new Set<Effect>();

/** An effect that keeps changing what it reads is a bug; this many rounds are more than any chain here needs. */
const maximumRounds = 100;

export function signal<T>(initial: T, equals: (a: T, b: T) => boolean = Object.is): WritableSignal<T> {
  let value = initial;
  const source: Source = { version: 0, readers: new Set(), refresh() {} };
  const read = (): T => {
    subscribe(source);
    return value;
  };
  const set = (next: T): void => {
    if (equals(value, next)) return;
    value = next;
    source.version += 1;
    invalidate(source);
  };
  return Object.assign(read, { peek: () => value, set, update: (change: (value: T) => T) => set(change(value)) });
}

export function computed<T>(compute: () => T, equals: (a: T, b: T) => boolean = Object.is): Signal<T> {
  let value: T;
  let stale = true;
  const source: Source & Reader = {
    version: 0,
    readers: new Set(),
    sources: new Map(),
    stale() {
      if (stale) return;
      stale = true;
      for (const dependent of [...source.readers]) dependent.stale();
    },
    refresh() {
      if (!stale) return;
      // Cleared first: a source that changes while this runs makes it stale again.
      stale = false;
      if (source.version > 0 && !changed(source)) return;
      unsubscribe(source);
      const next = attempt();
      if (source.version > 0 && equals(value, next)) return;
      value = next;
      source.version += 1;
    },
  };
  const attempt = (): T => {
    try {
      return running(source, compute);
    } catch (error) {
      stale = true;
      throw error;
    }
  };
  onDispose(() => unsubscribe(source));
  const peek = (): T => {
    source.refresh();
    return value;
  };
  const read = (): T => {
    source.refresh();
    subscribe(source);
    return value;
  };
  return Object.assign(read, { peek });
}

/** Runs `body` now and whenever a signal it read changes. What `body` creates is disposed before it runs again. */
export function effect(body: () => void): Dispose {
  const made = new Effect(body);
  made.run();
  onDispose(() => made.dispose());
  return () => made.dispose();
}

class Effect implements Reader {
  readonly sources = new Map<Source, number>();
  private children: Dispose[] = [];
  private disposed = false;

  constructor(private readonly body: () => void) {}

  stale(): void {
    pending.add(this);
    if (batchDepth === 0) flush();
  }

  run(): void {
    if (this.disposed) return;
    this.release();
    const outer = cleanups;
    cleanups = this.children;
    batchDepth += 1;
    try {
      running(this, this.body);
    } finally {
      cleanups = outer;
      batchDepth -= 1;
    }
    if (batchDepth === 0) flush();
  }

  dispose(): void {
    this.disposed = true;
    pending.delete(this);
    this.release();
  }

  private release(): void {
    unsubscribe(this);
    const children = this.children;
    this.children = [];
    for (const child of children.reverse()) child();
  }
}

/** Changes several signals and lets effects see only the result. */
export function batch<T>(body: () => T): T {
  batchDepth += 1;
  try {
    return body();
  } finally {
    batchDepth -= 1;
    if (batchDepth === 0) flush();
  }
}

/** Reads signals without subscribing to them. */
export function untracked<T>(body: () => T): T {
  return running(undefined, body);
}

/** Runs `body`, owning every effect made in it, and returns what ends them. */
export function scope(body: () => void): Dispose {
  const outer = cleanups;
  const owned: Dispose[] = [];
  cleanups = owned;
  try {
    untracked(body);
  } finally {
    cleanups = outer;
  }
  return () => {
    for (const dispose of owned.splice(0).reverse()) dispose();
  };
}

/** Calls `dispose` when the surrounding scope or effect ends. */
export function onDispose(dispose: Dispose): void {
  cleanups?.push(dispose);
}

function flush(): void {
  let failure: { error: unknown } | undefined;
  for (let round = 0; pending.size > 0; round += 1) {
    if (round === maximumRounds) {
      pending.clear();
      throw new Error("effects keep triggering each other");
    }
    batchDepth += 1;
    try {
      for (const each of [...pending]) {
        try {
          if (pending.delete(each) && changed(each)) each.run();
        } catch (error) {
          // One broken effect must not stop the others; the first failure is reported below.
          failure ??= { error };
        }
      }
    } finally {
      batchDepth -= 1;
    }
  }
  if (failure) throw failure.error;
}

function changed(each: Reader): boolean {
  for (const [source, seen] of each.sources) {
    source.refresh();
    if (source.version !== seen) return true;
  }
  return false;
}

function running<T>(next: Reader | undefined, body: () => T): T {
  const outer = reader;
  reader = next;
  try {
    return body();
  } finally {
    reader = outer;
  }
}

function subscribe(source: Source): void {
  if (!reader) return;
  reader.sources.set(source, source.version);
  source.readers.add(reader);
}

function unsubscribe(from: Reader): void {
  for (const source of from.sources.keys()) source.readers.delete(from);
  from.sources.clear();
}

function invalidate(source: Source): void {
  batchDepth += 1;
  try {
    for (const dependent of [...source.readers]) dependent.stale();
  } finally {
    batchDepth -= 1;
  }
  if (batchDepth === 0) flush();
}
