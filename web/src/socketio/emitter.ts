// SPDX-License-Identifier: Apache-2.0

/** A function that hears an event. `never` lets any parameter list fit. */
export type Listener = (...args: never[]) => void;

/** Says of `Map` that it goes from event names to listeners. Interfaces fit as well as type literals. */
export type EventMap<Map> = { [Event in keyof Map]: Listener };

/** The listener of `Event`: our own events come before those that the application declares. */
export type ListenerOf<Own, Declared, Event> = Event extends keyof Own
  ? Own[Event]
  : Event extends keyof Declared
  ? Declared[Event]
  : never;

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

/** An application that declares no events. */
export type NoEvents = Record<never, Listener>;

/**
 * A source of events with the method names of the official client.
 *
 * `Own` are the events of the class itself, `Declared` those that the application adds.
 */
export class Emitter<Own extends EventMap<Own>, Declared extends EventMap<Declared> = NoEvents> {
  private readonly entries = new Map<PropertyKey, readonly Entry[]>();

  /** Calls `listener` at every `event`, after the listeners added before. */
  on<Event extends keyof Own | keyof Declared>(
    event: Event,
    listener: ListenerOf<Own, Declared, Event>,
  ): this {
    return this.add(event, { listener, once: false });
  }

  /** Calls `listener` at the next `event` only. */
  once<Event extends keyof Own | keyof Declared>(
    event: Event,
    listener: ListenerOf<Own, Declared, Event>,
  ): this {
    return this.add(event, { listener, once: true });
  }

  /** Removes one listener, or all of an event, or all there are. */
  off<Event extends keyof Own | keyof Declared>(
    event?: Event,
    listener?: ListenerOf<Own, Declared, Event>,
  ): this {
    if (event === undefined) this.entries.clear();
    else if (listener === undefined) this.entries.delete(event);
    else this.remove(event, (entry) => entry.listener === listener);
    return this;
  }

  /** The listeners of `event` in the order of their calls. */
  listeners<Event extends keyof Own | keyof Declared>(event: Event): ListenerOf<Own, Declared, Event>[] {
    return this.entriesOf(event).map((entry) => entry.listener as ListenerOf<Own, Declared, Event>);
  }

  /** Whether anybody listens to `event`. */
  hasListeners(event: keyof Own | keyof Declared): boolean {
    return this.entriesOf(event).length > 0;
  }

  /** Raises one of our own events. */
  protected raise<Event extends keyof Own>(event: Event, ...args: Parameters<Own[Event]>): void {
    this.dispatch(event, args);
  }

  /** Raises an event whose name and arguments are known only at run time. */
  protected dispatch(event: PropertyKey, args: readonly unknown[]): void {
    for (const entry of this.entriesOf(event)) {
      if (entry.once) this.remove(event, (other) => other === entry);
      entry.listener(...(args as never[]));
    }
  }

  private entriesOf(event: PropertyKey): readonly Entry[] {
    return this.entries.get(event) ?? [];
  }

  // Lists are replaced, never changed: a listener may remove itself while the list is being walked.
  private add(event: PropertyKey, entry: Entry): this {
    this.entries.set(event, [...this.entriesOf(event), entry]);
    return this;
  }

  private remove(event: PropertyKey, matches: (entry: Entry) => boolean): void {
    const entries = this.entriesOf(event);
    const index = entries.findIndex(matches);
    if (index >= 0) this.entries.set(event, entries.filter((_, at) => at !== index));
  }
}
