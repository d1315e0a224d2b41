// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { View } from "../../core/view";
import { roundedUp } from "../../model/series";
import type { Figure, Span } from "../../protocol/admin";
import { strings } from "../strings";
import { percentage } from "../words";
import { counted, lasting, rate, size } from "./amounts";
import { Chart, ChartOptions } from "./chart";
import { RoomList } from "./room-list";
import type { Watch } from "./watch";

/** What goes on now, and how it came to be: figures, pictures, meetings. */
export class Overview extends View {
  constructor(private readonly watch: Watch) {
    super();
    this.className = "overview";
  }

  protected render(): Node {
    return html`
      ${this.tiles()}
      <section aria-labelledby="pictures-title">
        <div class="section-head">
          <h2 id="pictures-title">${strings.admin.pictures}</h2>
          ${this.spans()}
        </div>
        <div class="charts">${this.charts()}</div>
      </section>
      ${new RoomList(this.watch)}`;
  }

  private tiles(): Node {
    const text = strings.admin.tiles;
    const { watch } = this;
    // The first sample comes seconds after the server: until then nothing is known, and not that it is nothing.
    const last = (figure: Figure, say: (value: number) => string): string => {
      const value = watch.series()[figure].at(-1);
      return value === undefined ? text.unknown : say(value);
    };
    const people = (): number => watch.rooms()?.reduce((sum, room) => sum + room.people.length, 0) ?? 0;
    const since = (): string => {
      const load = watch.load();
      return load ? lasting(load.now - load.startedAt) : "–";
    };
    const tiles: readonly (readonly [string, () => string])[] = [
      [text.people, () => counted(people())],
      [text.rooms, () => counted(watch.rooms()?.length ?? 0)],
      [text.processor, () => last("processor", (value) => percentage(value))],
      [text.sent, () => last("sent", rate)],
      [text.received, () => last("received", rate)],
      [text.memory, () => last("memory", size)],
      [text.running, since],
    ];
    return html`
      <dl class="tiles">${tiles.map(([name, value]) => html`<div class="tile-figure"><dt>${name}</dt><dd>${value}</dd></div>`)}
        <div class="tile-figure health" data-level=${() => watch.findings()?.status}>
          <dt>${text.health}</dt><dd><a href="#checks">${() => this.health()}</a></dd>
        </div>
      </dl>`;
  }

  private health(): string {
    const text = strings.admin.checks;
    const found = this.watch.findings();
    if (!found) return text.looking;
    const count = found.findings.filter(({ level }) => level !== "ok").length;
    return count === 0 ? text.good : text.some({ count });
  }

  private spans(): Node {
    const text = strings.admin.spans;
    const { watch } = this;
    return html`
      <div class="spans" role="group" aria-label=${text.label}>${(["hour", "day"] as const).map((span: Span) => html`
        <button type="button" class="button quiet" aria-pressed=${() => String(watch.span() === span)} @click=${() => watch.setSpan(span)}>${text[span]}</button>`)}
      </div>`;
  }

  private charts(): Node[] {
    const text = strings.admin.charts;
    const { watch } = this;
    const base = { series: watch.series, frame: watch.frame };
    const options: readonly ChartOptions[] = [
      { ...base, title: text.people, lines: [{ figure: "people", name: text.people }], say: (count) => strings.common.people({ count }), least: 5 },
      { ...base, title: text.processor, lines: [{ figure: "processor", name: text.processor }], say: (value) => percentage(value, value < 10 ? 1 : 0), least: 100, top: 100 },
      {
        ...base, title: text.bandwidth, say: (value) => rate(value), least: roundedUp(125_000),
        lines: [{ figure: "sent", name: text.sent }, { figure: "received", name: text.received }],
      },
      {
        ...base, title: text.sessions, say: (value) => counted(value), least: 10,
        lines: [{ figure: "sessions", name: text.signalling }, { figure: "relayed", name: text.relayed }],
      },
    ];
    return options.map((each) => new Chart(each));
  }
}

customElements.define("parley-admin-overview", Overview);
