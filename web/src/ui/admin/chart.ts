// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { computed, signal } from "../../core/signal";
import { View } from "../../core/view";
import { areaPath, canvas, Frame, greatest, linePath, nearest, place, roundedUp } from "../../model/series";
import type { Figure, Series } from "../../protocol/admin";
import { strings } from "../strings";
import { dateLanguage } from "../when";
import { described } from "../words";

export interface ChartOptions {
  readonly title: string;
  /** One line for each, the first one with what is below it filled. */
  readonly lines: readonly { readonly figure: Figure; readonly name: string }[];
  readonly series: () => Series;
  readonly frame: () => { readonly from: number; readonly to: number };
  /** A value in words: "12 people". */
  readonly say: (value: number) => string;
  /** The top of the scale is at least this. */
  readonly least: number;
  /** The top of the scale in any case. */
  readonly top?: number;
}

/**
 * A small picture of one or two figures over time. Pointing at it, or the arrow keys while it has the focus, choose a
 * moment, whose values stand above it; otherwise they are those of now. To a screen reader it is a slider through time.
 */
export class Chart extends View {
  /** Time somebody points at; undefined for now. */
  private readonly pointed = signal<number | undefined>(undefined);

  constructor(private readonly options: ChartOptions) {
    super();
    this.className = "card chart";
  }

  protected render(): Node {
    const { title, lines, series, say } = this.options;
    const id = `chart-${lines[0]?.figure ?? ""}`;
    const frame = computed<Frame>(() => ({ ...this.options.frame(), top: this.top() }));
    const index = computed(() => {
      const { at } = series();
      const time = this.pointed();
      return time === undefined ? at.length - 1 : nearest(at, time);
    });
    const moment = (): string => (this.pointed() === undefined || index() < 0 ? strings.admin.chart.now : clockTime(series().at[index()] as number));
    const valueOf = (figure: Figure): string => (index() < 0 ? "–" : say(series()[figure][index()] ?? 0));
    const said = (): string => described([moment(), ...lines.map(({ figure, name }) => (lines.length > 1 ? `${name} ${valueOf(figure)}` : valueOf(figure)))]);
    return html`
      <div class="chart-head">
        <h3 id=${id}>${title}</h3>
        <p class="chart-values"><span class="chart-moment">${moment}</span>
          ${lines.map(({ figure, name }, place) => html`<span class="chart-value" data-line=${place}>${lines.length > 1 ? html`<i aria-hidden="true"></i><span>${name}</span>` : null} <strong>${() => valueOf(figure)}</strong></span>`)}</p>
      </div>
      <div class="plot" role="slider" tabindex="0" aria-labelledby=${id} aria-valuemin="0"
        aria-valuemax=${() => Math.max(series().at.length - 1, 0)} aria-valuenow=${() => Math.max(index(), 0)} aria-valuetext=${said}
        @pointermove=${(event: PointerEvent) => this.point(event)} @pointerdown=${(event: PointerEvent) => this.point(event)}
        @pointerleave=${() => this.pointed.set(undefined)} @blur=${() => this.pointed.set(undefined)}
        @keydown=${(event: KeyboardEvent) => this.step(event, index())}>
        <svg viewBox=${`0 0 ${canvas.width} ${canvas.height}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="area" d=${() => areaPath(series().at, series()[lines[0]?.figure ?? "people"], frame())}></path>
          ${lines.map(({ figure }, place) => line(place, () => linePath(series().at, series()[figure], frame())))}
        </svg>
        ${() => this.marker(index(), frame())}
        <span class="scale" aria-hidden="true">${() => say(frame().top)}</span>
      </div>
      <p class="axis" aria-hidden="true"><span>${() => clockTime(frame().from)}</span><span>${() => clockTime((frame().from + frame().to) / 2)}</span><span>${() => strings.admin.chart.now}</span></p>
      <p class="hint chart-peak">${() => this.peak()}</p>`;
  }

  private top(): number {
    const { series, lines, least, top } = this.options;
    return top ?? roundedUp(Math.max(0, ...lines.map(({ figure }) => Math.max(0, ...series()[figure]))), least);
  }

  /** When each figure was greatest. */
  private peak(): string {
    const { series, lines, say } = this.options;
    const text = strings.admin.chart;
    const peaks = lines.flatMap(({ figure, name }) => {
      const index = greatest(series()[figure]);
      const value = series()[figure][index];
      if (value === undefined) return [];
      const facts = { value: say(value), time: clockTime(series().at[index] as number) };
      return [lines.length > 1 ? text.peakOf({ name, ...facts }) : text.peak(facts)];
    });
    return peaks.length > 0 ? peaks.join(" · ") : text.empty;
  }

  private marker(index: number, frame: Frame): Node | null {
    const { series, lines } = this.options;
    const time = series().at[index];
    if (this.pointed() === undefined || time === undefined) return null;
    const marks = lines.map(({ figure }, line) => {
      const { x, y } = place(frame, time, series()[figure][index] ?? 0);
      return html`<i class="mark" data-line=${line} ref=${(mark: Element) => put(mark as HTMLElement, x, y)}></i>`;
    });
    const { x } = place(frame, time, 0);
    return html`<i class="cross" ref=${(cross: Element) => put(cross as HTMLElement, x, 0)}></i>${marks}` as Node;
  }

  private point(event: PointerEvent): void {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { from, to } = this.options.frame();
    this.pointed.set(from + ((event.clientX - left) / width) * (to - from));
  }

  private step(event: KeyboardEvent, index: number): void {
    const { at } = this.options.series();
    const tenth = Math.max(1, Math.round(at.length / 10));
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: tenth, PageDown: -tenth, Home: -at.length, End: at.length,
    };
    const by = steps[event.key];
    if (by === undefined || at.length === 0) return;
    event.preventDefault();
    this.pointed.set(at[Math.min(Math.max(index + by, 0), at.length - 1)]);
  }
}

function line(place: number, path: () => string): Node {
  // Made by hand: a template of its own would make elements of HTML of what belongs into the drawing.
  const drawing = html`<svg><path class="line" data-line=${place} d=${path}></path></svg>`;
  return drawing.querySelector("path") as Node;
}

function put(element: HTMLElement, x: number, y: number): void {
  element.style.insetInlineStart = "auto";
  element.style.left = `${(x / canvas.width) * 100}%`;
  element.style.top = `${(y / canvas.height) * 100}%`;
}

function clockTime(time: number): string {
  return new Date(time).toLocaleTimeString(dateLanguage, { hour: "numeric", minute: "2-digit" });
}

customElements.define("parley-chart", Chart);
