// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { View } from "../../core/view";
import type { Relayed } from "../../protocol/admin";
import { strings } from "../strings";
import { lasting, size } from "./amounts";
import type { Watch } from "./watch";

/** More is no reading any more; `GET /relays` has all. */
const mostShown = 20;

/** What goes through the relay now, the busiest first. */
export class RelayList extends View {
  constructor(private readonly watch: Watch) {
    super();
  }

  protected render(): Node {
    const text = strings.admin.relays;
    const relays = (): readonly Relayed[] => this.watch.relays() ?? [];
    return html`
      <section class="card" aria-labelledby="relays-title">
        <h2 id="relays-title">${text.heading}</h2>
        <p class="hint">${text.detail}</p>
        ${() => (this.watch.relays() && relays().length === 0 ? html`<p class="empty-note">${text.none}</p>` : null)}
        <ul class="counts">${() => busiest(relays()).map(shown)}</ul>
        ${() => (relays().length > mostShown ? html`<p class="hint">${text.more({ count: relays().length - mostShown })}</p>` : null)}
      </section>`;
  }
}

function busiest(relays: readonly Relayed[]): readonly Relayed[] {
  const bytes = ({ bytesToPeers, bytesToClient }: Relayed): number => bytesToPeers + bytesToClient;
  return [...relays].sort((a, b) => bytes(b) - bytes(a)).slice(0, mostShown);
}

function shown({ user, transport, seconds, bytesToPeers, bytesToClient }: Relayed): Node {
  const since = strings.admin.rooms.since({ length: lasting(seconds * 1000) });
  return html`
    <li><span><code dir="ltr">${user}</code> <small>${transport.toUpperCase()}, ${since}</small></span>
      <span>${strings.admin.relays.traffic({ sent: size(bytesToPeers), received: size(bytesToClient) })}</span></li>`;
}

customElements.define("parley-admin-relays", RelayList);
