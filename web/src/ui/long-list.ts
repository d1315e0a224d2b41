// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, effect, onDispose, Signal, signal } from "../core/signal";
import { windowOf } from "../model/people";

/** Up to so many lines are all drawn. */
const few = 40;
/** Until a line has been measured, in pixels of CSS. */
const guess = 56;

interface LongListOptions<T> {
  /** What scrolls; the list may be below other things in it. */
  readonly scroller: HTMLElement;
  readonly items: Signal<readonly T[]>;
  readonly key: (item: T) => string;
  /** Makes one line, a list item. All are equally high. */
  readonly line: (item: Signal<T>) => Element;
}

interface Place<T> {
  readonly item: T;
  readonly key: string;
  /** Undefined while all are drawn. */
  readonly index: number | undefined;
}

/** A list that draws only those lines that are looked at, and the one with the focus, when there are many. */
export function longList<T>(className: string, { scroller, items, key, line }: LongListOptions<T>): HTMLElement {
  const list = document.createElement("ul");
  list.className = className;
  const row = signal(guess);
  const view = signal({ top: 0, height: 800 }, (a, b) => a.top === b.top && a.height === b.height);
  const focused = signal<string | undefined>(undefined);
  const keys = new WeakMap<Element, string>();
  const measure = (): void => {
    const top = scroller.getBoundingClientRect().top - list.getBoundingClientRect().top;
    // In whole lines: a small scroll changes nothing.
    view.set({ top: Math.floor(top / row.peek()) * row.peek(), height: scroller.clientHeight });
    const height = (list.firstElementChild as HTMLElement | null)?.offsetHeight;
    if (height) row.set(height);
  };
  const focus = (event: FocusEvent): void => {
    const item = (event.target as Element).closest("li");
    focused.set(item ? keys.get(item) : undefined);
  };
  const many = computed(() => items().length > few);
  const drawn = computed((): readonly Place<T>[] => {
    const all = items();
    if (!many()) return all.map((item) => ({ item, key: key(item), index: undefined }));
    const { start, end } = windowOf(all.length, row(), view().top, view().height);
    const held = focused();
    return all.flatMap((item, index): Place<T>[] => {
      const id = key(item);
      return (index >= start && index < end) || id === held ? [{ item, key: id, index }] : [];
    });
  });
  effect(() => {
    list.toggleAttribute("data-many", many());
    list.style.blockSize = many() ? `${items().length * row()}px` : "";
  });
  const observer = new ResizeObserver(measure);
  observer.observe(scroller);
  scroller.addEventListener("scroll", measure, { passive: true });
  list.addEventListener("focusin", focus);
  onDispose(() => {
    observer.disconnect();
    scroller.removeEventListener("scroll", measure);
  });
  list.append(html`${each(drawn, (place) => place.key, (place) => {
    const element = line(computed(() => place().item)) as HTMLElement;
    keys.set(element, place.peek().key);
    effect(() => {
      const { index } = place();
      element.style.insetBlockStart = index === undefined ? "" : `${index * row()}px`;
      if (index === undefined) element.removeAttribute("aria-posinset");
      else element.setAttribute("aria-posinset", String(index + 1));
      if (index === undefined) element.removeAttribute("aria-setsize");
      else element.setAttribute("aria-setsize", String(items().length));
    });
    return element;
  })}`);
  return list;
}
