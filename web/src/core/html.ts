// SPDX-License-Identifier: Apache-2.0

import { Dispose, effect, onDispose, scope, signal, Signal, untracked, WritableSignal } from "./signal";

/**
 * Creates DOM once from a tagged template and keeps its holes up to date.
 *
 * A hole is an element's child, or the whole value of an attribute:
 * `@click=${listener}`, `.value=${property}`, `?disabled=${condition}`, `title=${text}`, `ref=${element => …}`.
 * A hole given a function is an effect: only that attribute or that stretch of children changes when a signal the
 * function read changes. Text is always inserted as text, never parsed.
 */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): DocumentFragment {
  const { content, holes } = compile(strings);
  const fragment = document.importNode(content, true);
  const nodes = holes.map((hole) => hole.path.reduce<Node>((node, index) => node.childNodes[index] as Node, fragment));
  holes.forEach((hole, index) => {
    const node = nodes[index] as Node;
    const value = values[index];
    if (hole.attribute === undefined) bindChild(node as Comment, value);
    else bindAttribute(node as Element, hole.attribute, value);
  });
  return fragment;
}

/** What a child hole takes. */
export type Child = Node | string | number | null | undefined | false | readonly Child[] | (() => Child);

interface Hole {
  /** Child indexes from the root of the template. */
  readonly path: readonly number[];
  /** Undefined for a child hole. */
  readonly attribute: string | undefined;
}

interface Compiled {
  readonly content: DocumentFragment;
  readonly holes: readonly Hole[];
}

const compiled = new WeakMap<TemplateStringsArray, Compiled>();
const mark = "hole";

function compile(strings: TemplateStringsArray): Compiled {
  const known = compiled.get(strings);
  if (known) return known;
  const names: (string | undefined)[] = [];
  let source = "";
  strings.forEach((piece, index) => {
    source += piece;
    if (index === strings.length - 1) return;
    // The last bracket tells whether this hole is inside a tag.
    const inside = source.lastIndexOf("<") > source.lastIndexOf(">");
    const name = inside ? /([^\s"'<>=]+)=$/.exec(source)?.[1] : undefined;
    if (inside && name === undefined) throw new Error(`a hole must be a whole attribute value: ${piece}`);
    names.push(name);
    source += inside ? `"${mark}${index}"` : `<!--${mark}${index}-->`;
  });
  const content = parse(source);
  const holes: Hole[] = [];
  find(content, [], names, holes);
  const result = { content, holes };
  compiled.set(strings, result);
  return result;
}

/** Parses markup that is part of the program. Nothing a person or the network wrote may come here. */
export function parse(markup: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = markup.trim();
  return template.content;
}

function find(node: Node, path: readonly number[], names: readonly (string | undefined)[], holes: Hole[]): void {
  if (node instanceof Comment && node.data.startsWith(mark)) {
    holes[Number(node.data.slice(mark.length))] = { path, attribute: undefined };
    node.data = "";
  }
  if (node instanceof Element) {
    for (const attribute of [...node.attributes]) {
      if (!attribute.value.startsWith(mark)) continue;
      const index = Number(attribute.value.slice(mark.length));
      holes[index] = { path, attribute: names[index] };
      node.removeAttribute(attribute.name);
    }
  }
  node.childNodes.forEach((child, index) => find(child, [...path, index], names, holes));
}

function bindAttribute(element: Element, name: string, value: unknown): void {
  const kind = name[0];
  const rest = name.slice(1);
  if (kind === "@") {
    element.addEventListener(rest, value as EventListener);
  } else if (name === "ref") {
    (value as (element: Element) => void)(element);
  } else if (kind === ".") {
    live(value, (now) => Reflect.set(element, rest, now));
  } else if (kind === "?") {
    live(value, (now) => element.toggleAttribute(rest, Boolean(now)));
  } else {
    live(value, (now) => {
      if (now === undefined || now === null || now === false) element.removeAttribute(name);
      else element.setAttribute(name, String(now));
    });
  }
}

function live(value: unknown, apply: (value: unknown) => void): void {
  if (typeof value === "function") effect(() => apply(value()));
  else apply(value);
}

function bindChild(anchor: Comment, value: unknown): void {
  if (typeof value !== "function") {
    anchor.before(...nodesOf(value as Child));
    return;
  }
  const start = document.createComment("");
  anchor.before(start);
  effect(() => {
    const next = (value as () => Child)();
    const only = start.nextSibling;
    // Changing the text in place keeps a reader's selection and costs less than a new node.
    if (only instanceof Text && only.nextSibling === anchor && (typeof next === "string" || typeof next === "number")) {
      only.data = String(next);
      return;
    }
    // Whatever stands between the two comments, because nested holes add and remove nodes on their own.
    while (start.nextSibling && start.nextSibling !== anchor) start.nextSibling.remove();
    anchor.before(...untracked(() => nodesOf(next)));
  });
}

/** Flattens what a hole was given; a fragment becomes its children, so that they can be removed again. */
function nodesOf(value: Child): Node[] {
  if (value === null || value === undefined || value === false) return [];
  if (typeof value === "function") {
    const holder = document.createDocumentFragment();
    const anchor = holder.appendChild(document.createComment(""));
    bindChild(anchor, value);
    return [...holder.childNodes];
  }
  if (typeof value === "string" || typeof value === "number") return [document.createTextNode(String(value))];
  if (value instanceof DocumentFragment) return [...value.childNodes];
  if (value instanceof Node) return [value];
  return value.flatMap(nodesOf);
}

/**
 * Keeps one element per item, in order. An item's element is made once, told about newer versions of the item
 * through its signal, moved when the order changes, and disposed when its key is gone.
 */
export function each<T>(
  items: () => readonly T[],
  key: (item: T) => unknown,
  render: (item: Signal<T>) => Element | DocumentFragment,
): DocumentFragment {
  interface Entry {
    readonly item: WritableSignal<T>;
    readonly element: Element;
    readonly dispose: Dispose;
  }
  const fragment = document.createDocumentFragment();
  const start = fragment.appendChild(document.createComment(""));
  const end = fragment.appendChild(document.createComment(""));
  const entries = new Map<unknown, Entry>();
  const remove = (id: unknown, entry: Entry): void => {
    entries.delete(id);
    entry.element.remove();
    entry.dispose();
  };
  effect(() => {
    const next = items();
    untracked(() => {
      const wanted = new Set(next.map(key));
      for (const [id, entry] of [...entries]) if (!wanted.has(id)) remove(id, entry);
      let place = start.nextSibling;
      for (const item of next) {
        const id = key(item);
        const entry = entries.get(id) ?? make(item);
        entries.set(id, entry);
        entry.item.set(item);
        if (entry.element === place) place = place.nextSibling;
        else end.parentNode?.insertBefore(entry.element, place);
      }
    });
  });
  onDispose(() => {
    for (const [id, entry] of [...entries]) remove(id, entry);
  });
  return fragment;

  function make(item: T): Entry {
    const value = signal(item);
    let element: Element | null = null;
    // The scope is the entry's own: the effect above ends what is made inside it each time it runs.
    const dispose = scope(() => {
      const made = render(value);
      element = made instanceof DocumentFragment ? made.firstElementChild : made;
    });
    if (!element) throw new Error("an item must be drawn as one element");
    return { item: value, element, dispose };
  }
}
