// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { computed, onDispose, Signal } from "../core/signal";
import type { Placed } from "../model/stage";
import { stripBetween, usualStrip } from "../model/viewing";
import { change, settings } from "./settings";
import { strings } from "./strings";

/** How far one press of a key or a button goes, as a part of the stage. */
const step = 0.05;

/** Where the strip beside the large picture begins; nothing when there is none. In CSS pixels. */
function edgeOf(places: ReadonlyMap<string, Placed>): number | undefined {
  const all = [...places.values()];
  const large = all.find(({ role }) => role === "large");
  const beside = all.find(({ role, rect }) => role === "normal" && large !== undefined && rect.x >= large.rect.x + large.rect.width);
  return large && beside ? (large.rect.x + large.rect.width + beside.rect.x) / 2 : undefined;
}

export function setStrip(part: number): void {
  change({ strip: stripBetween(part) });
}

/** A wider or narrower strip by buttons, for those who do not drag. */
export function stripButtons(): DocumentFragment {
  const text = strings.strip;
  const move = (by: number): void => setStrip(settings.peek().strip + by);
  return html`
    <div class="strip-buttons" role="group" aria-label=${text.title}>
      <span>${text.title}</span>
      <button type="button" class="round small" aria-label=${text.narrower} title=${text.narrower} @click=${() => move(-step)}>−</button>
      <button type="button" class="round small" aria-label=${text.wider} title=${text.wider} @click=${() => move(step)}>+</button>
    </div>`;
}

/** The edge of the strip beside a large picture, to be dragged, or moved with the arrow keys; two clicks put it back. */
export function stripHandle(stage: HTMLElement, places: Signal<ReadonlyMap<string, Placed>>): DocumentFragment {
  const edge = computed(() => edgeOf(places()));
  const there = computed(() => edge() !== undefined);
  let stop = (): void => {};
  onDispose(() => stop());
  // Tiles are placed from where lines begin, so the strip is at their end: on the left where people read from there.
  const mirrored = document.documentElement.dir === "rtl";
  const follow = (event: PointerEvent): void => {
    const { left, right, width } = stage.getBoundingClientRect();
    setStrip((mirrored ? event.clientX - left : right - event.clientX) / width);
  };
  const drag = (event: PointerEvent): void => {
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    const end = (): void => stop();
    stop = (): void => {
      handle.removeEventListener("pointermove", follow);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
      stop = (): void => {};
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  };
  const press = (event: KeyboardEvent): void => {
    const { strip } = settings.peek();
    const towardsLeft = mirrored ? -step : step;
    const wanted = { ArrowLeft: strip + towardsLeft, ArrowRight: strip - towardsLeft, Home: 1, End: 0 }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    setStrip(wanted);
  };
  return html`${() => there() ? html`
    <div class="strip-handle" role="separator" tabindex="0" aria-orientation="vertical" aria-label=${strings.strip.title} title=${strings.strip.drag}
      aria-valuemin="12" aria-valuemax="45" aria-valuenow=${() => String(Math.round(settings().strip * 100))}
      .style=${() => `transform: translateX(${(mirrored ? -1 : 1) * (edge() ?? 0)}px)`}
      @pointerdown=${drag} @keydown=${press} @dblclick=${() => setStrip(usualStrip)}></div>` : null}`;
}
