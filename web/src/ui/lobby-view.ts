// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { effect, untracked } from "../core/signal";
import { View } from "../core/view";
import type { Meeting } from "../model/meeting";
import { announcer } from "./announcer";
import { brand } from "./brand";
import { lobbyTalk } from "./lobby-talk";
import { strings } from "./strings";

/** The screen of those who wait to be let in. The heading takes the focus. The hosts can be written to, and write. */
export class LobbyView extends View {
  constructor(private readonly meeting: Meeting) {
    super();
    this.className = "over";
  }

  protected render(): Node {
    const text = strings.lobby;
    const { room, polls } = this.meeting;
    const focus = (element: Element): void => {
      requestAnimationFrame(() => (element as HTMLElement).focus());
    };
    this.speak();
    return html`
      <div class="card">
        <img class="over-mark" src=${brand.logo} alt="" width="56" height="56">
        <h1 tabindex="-1" ref=${focus}>${text.title}</h1>
        <p>${text.detail}</p>
        ${lobbyTalk({
          lines: () => room().lobbyChat,
          from: ({ host }) => host?.name ?? text.you,
          own: ({ host }) => host === undefined,
          label: () => text.write,
          send: (line) => polls.sayInLobby(line),
        })}
        <div class="actions">
          <button type="button" class="button quiet" @click=${() => this.meeting.leave()}>${text.leave}</button>
        </div>
      </div>`;
  }

  /** What hosts say is read out as it comes. */
  private speak(): void {
    const { room } = this.meeting;
    let told = room.peek().lobbyChat.length;
    effect(() => {
      const lines = room().lobbyChat;
      const fresh = lines.slice(told);
      told = lines.length;
      untracked(() => {
        for (const { host, text } of fresh) if (host) announcer.say(strings.lobby.says({ name: host.name, text }));
      });
    });
  }
}

customElements.define("parley-lobby", LobbyView);
