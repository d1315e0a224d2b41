// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, signal } from "../core/signal";
import { View } from "../core/view";
import { shortly } from "../model/calendar";
import { Client, office, OfficeNumbers } from "../protocol/office";
import type { Desk } from "./desk";
import { strings } from "./strings";
import { short } from "./words";
import { written } from "./when";

/** Everybody who has ever booked. */
export class ClientsView extends View {
  private readonly clients = signal<readonly Client[] | undefined>(undefined);
  private readonly problem = signal("");
  private readonly sought = signal("");

  constructor(private readonly desk: Desk) {
    super();
    this.className = "clients";
  }

  protected render(): Node {
    const text = strings.dashboard.clients;
    void office.clients().then((found) => this.clients.set(found), () => this.problem.set(text.failed));
    const shown = computed(() => {
      const words = this.sought().trim().toLocaleLowerCase();
      return (this.clients() ?? []).filter(({ name, email }) => `${name} ${email ?? ""}`.toLocaleLowerCase().includes(words));
    });
    const note = (): string => {
      if (this.clients() === undefined) return "";
      if (this.clients()?.length === 0) return text.empty;
      return shown().length === 0 ? text.noMatch : strings.common.people({ count: shown().length });
    };
    return html`
      ${this.figures()}
      <div class="card">
        <h1 id="clients-title" tabindex="-1">${text.heading}</h1>
        <label class="field search"><span>${text.search}</span>
          <input type="search" @input=${(event: Event) => this.sought.set((event.target as HTMLInputElement).value)}></label>
        <p class="error" role="alert">${this.problem}</p>
        <p class="hint" role="status">${note}</p>
        <div class="table-frame" role="region" aria-labelledby="clients-title" tabindex="0" ?hidden=${() => shown().length === 0}>
          <table class="data">
            <thead><tr>${[text.name, text.email, text.count, text.last, text.next].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
            <tbody>${each(shown, ({ name, email }) => `${name} ${email ?? ""}`, (client) => html`
              <tr><th scope="row">${() => client().name}</th><td>${() => client().email ?? text.never}</td>
                <td class="number">${() => client().appointments}</td>
                <td>${() => this.time(client().last)}</td><td>${() => this.time(client().next)}</td></tr>`)}</tbody>
          </table>
        </div>
      </div>`;
  }

  private figures(): Node {
    const text = strings.dashboard.clients;
    const numbers = signal<OfficeNumbers | undefined>(undefined);
    // The list is worth showing without them.
    void office.numbers().then((found) => numbers.set(found), () => undefined);
    const figure = (name: string, value: string | number): Node => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
    return html`${() => {
      const found = numbers();
      return found ? html`
        <section class="card numbers wide" aria-labelledby="figures-title">
          <h2 id="figures-title">${text.numbers({ count: found.days })}</h2>
          <dl>${figure(text.held, found.held)} ${figure(text.cancelled, found.cancelled)} ${figure(text.missed, found.missed)}
            ${figure(text.wait, waitOf(found.averageWait))}</dl>
        </section>` : null;
    }}`;
  }

  private time(time: number | null): Node | string {
    return time === null ? strings.dashboard.clients.never : written(shortly(time, this.desk.zone), time);
  }
}

customElements.define("parley-clients", ClientsView);

function waitOf(milliseconds: number | null): string {
  if (milliseconds === null) return strings.dashboard.clients.never;
  const minutes = milliseconds / 60_000;
  return minutes < 1 ? strings.common.under({ length: short(1, "minute") }) : short(minutes, "minute");
}
