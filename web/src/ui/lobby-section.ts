// SPDX-License-Identifier: Apache-2.0

import { Child, each, html } from "../core/html";
import { computed, effect, signal, untracked } from "../core/signal";
import { View } from "../core/view";
import { confirmed } from "./ask";
import type { Call } from "./call";
import { icon } from "./icon";
import closeIcon from "./icons/close.svg";
import doorIcon from "./icons/door.svg";
import { lobbyTalk } from "./lobby-talk";
import { colourOf, initials } from "./person";
import { strings } from "./strings";
import { listed } from "./words";

/** Who waits to be let in, the first one first, for those who host. */
export function lobbySection(call: Call): Child {
  const { meeting } = call;
  const waiting = computed(() => meeting.room().lobby);
  const any = computed(() => waiting().length > 0);
  const text = strings.hosting;
  return () => (any() ? html`
    <section class="lobby" aria-labelledby="people-lobby">
      <header class="people-head"><h3 id="people-lobby">${() => text.waiting({ count: waiting().length })}</h3>
        ${() => (waiting().length > 1 ? html`
          <button type="button" class="button quiet small" @click=${() => void denyAll(call)}>${text.denyAll}</button>
          <button type="button" class="button primary small" @click=${() => meeting.host.admit()}>${text.admitAll}</button>` : null)}
      </header>
      <ul class="people">
        ${each(waiting, ({ id }) => id, (one) => html`
          <li data-colour=${() => colourOf(one().name)}>
            <span class="avatar small" aria-hidden="true">${() => initials(one().name)}</span>
            <span class="person-name"><span class="person-called" dir="auto" title=${() => one().name}>${() => one().name}</span></span>
            <button type="button" class="button quiet small" aria-label=${() => text.denyOne({ name: one().name })} @click=${() => meeting.host.deny([one.peek().id])}>${text.deny}</button>
            <button type="button" class="button primary small" aria-label=${() => text.admitOne({ name: one().name })} @click=${() => meeting.host.admit([one.peek().id])}>${text.admit}</button>
          </li>`)}
      </ul>
      ${talk(call)}
    </section>` : null);
}

/** What is said with those who wait: to one of them, or to all. */
function talk(call: Call): DocumentFragment {
  const { meeting } = call;
  const { room } = meeting;
  const text = strings.hosting;
  const chosen = signal("");
  const nameOf = (id: string): string => room().lobby.find((one) => one.id === id)?.name ?? "";
  const whom = computed(() => room().lobby.find(({ id }) => id === chosen()) ?? (room().lobby.length === 1 ? room().lobby[0] : undefined));
  return lobbyTalk({
    lines: () => room().lobbyChat,
    from: ({ host, waiting }) => (host === undefined ? nameOf(waiting) : text.writtenTo({ from: host.name, name: nameOf(waiting) })),
    own: ({ host }) => host !== undefined,
    label: () => { const one = whom(); return one ? text.writeTo({ name: one.name }) : text.writeToAll; },
    send: (line) => meeting.polls.sayInLobby(line, whom.peek()?.id),
    before: () => (room().lobby.length > 1 ? html`
      <select aria-label=${text.writeWhom} @change=${(event: Event) => chosen.set((event.target as HTMLSelectElement).value)}>
        <option value="">${text.all}</option>
        ${room().lobby.map(({ id, name }) => html`<option value=${id} ?selected=${id === chosen.peek()}>${name}</option>`)}
      </select>` : null),
  });
}

async function denyAll(call: Call): Promise<void> {
  const count = call.meeting.room.peek().lobby.length;
  if (await confirmed({ question: strings.hosting.denyAllConfirm({ count }), yes: strings.hosting.denyAll })) call.meeting.host.deny();
}

/** Over the stage while somebody waits and the list of people is not open: the two answers within reach. */
export class KnockCard extends View {
  /** Who was there when the person put the card away: it comes back for somebody new. */
  private readonly seen = signal<ReadonlySet<string>>(new Set());

  constructor(private readonly call: Call) {
    super();
    this.className = "knock-place";
  }

  protected render(): Node {
    const { call } = this;
    const { meeting } = call;
    const waiting = computed(() => meeting.room().lobby);
    const shown = computed(() => call.panel() !== "people" && waiting().some(({ id }) => !this.seen().has(id)));
    const names = (): string => listed(waiting().map(({ name }) => name));
    const text = strings.hosting;
    const away = (): void => {
      const inside = this.contains(document.activeElement);
      this.seen.set(new Set(waiting.peek().map(({ id }) => id)));
      if (inside) this.giveFocus();
    };
    const answer = (act: () => void): void => {
      act();
      this.hadFocus = true;
    };
    effect(() => {
      if (shown()) return;
      untracked(() => {
        if (this.hadFocus && document.activeElement === document.body) this.giveFocus();
        this.hadFocus = false;
      });
    });
    return html`${() => (shown() ? html`
      <div class="knock" role="group" aria-label=${text.lobbyLabel}>
        <span class="knock-icon">${icon(doorIcon)}</span>
        <p>${() => strings.notices.knock({ names: names(), count: waiting().length })}</p>
        ${() => (waiting().length === 1 ? html`
          <button type="button" class="button quiet small" @click=${() => answer(() => meeting.host.deny())}>${text.deny}</button>` : html`
          <button type="button" class="button quiet small" @click=${() => call.togglePanel("people")}>${text.who}</button>`)}
        <button type="button" class="button primary small" @click=${() => answer(() => meeting.host.admit(waiting.peek().map(({ id }) => id)))}>
          ${() => (waiting().length === 1 ? text.admit : text.admitAll)}</button>
        <button type="button" class="round plain small" aria-label=${text.later} title=${text.later} @click=${away}>${icon(closeIcon)}</button>
      </div>` : null)}`;
  }

  private hadFocus = false;

  private giveFocus(): void {
    document.querySelector<HTMLElement>("#controls [tabindex='0']")?.focus();
  }
}

customElements.define("parley-knock", KnockCard);
