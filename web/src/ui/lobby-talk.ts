// SPDX-License-Identifier: Apache-2.0

import { Child, each, html } from "../core/html";
import { computed, signal } from "../core/signal";
import { limits, LobbyLine } from "../protocol/messages";
import { icon } from "./icon";
import sendIcon from "./icons/send.svg";
import { strings } from "./strings";

interface Options {
  readonly lines: () => readonly LobbyLine[];
  /** Who said a line. */
  readonly from: (line: LobbyLine) => string;
  readonly own: (line: LobbyLine) => boolean;
  /** What the field is for. */
  readonly label: () => string;
  readonly send: (text: string) => void;
  /** Before the field: whom it goes to. */
  readonly before?: Child;
}

/** What is said between the lobby and the hosts, and the field to say more. */
export function lobbyTalk({ lines, from, own, label, send, before = null }: Options): DocumentFragment {
  const numbered = computed(() => lines().map((line, number) => ({ line, number })));
  const draft = signal("");
  const submit = (event: Event): void => {
    event.preventDefault();
    const text = draft.peek().trim();
    if (text === "") return;
    send(text);
    draft.set("");
  };
  return html`
    <div class="lobby-talk">
      <ul aria-label=${strings.lobby.chat} ?hidden=${() => numbered().length === 0}>
        ${each(numbered, ({ number }) => number, (item) => html`
          <li ?data-own=${() => own(item().line)}><small><bdi>${() => from(item().line)}</bdi></small>
            <span dir="auto">${() => item().line.text}</span></li>`)}
      </ul>
      <form class="composer-row" @submit=${submit}>
        ${before}
        <input aria-label=${label} placeholder=${label} maxlength=${limits.chat} autocomplete="off" dir="auto"
          enterkeyhint="send" .value=${draft} @input=${(event: Event) => draft.set((event.target as HTMLInputElement).value)}>
        <button class="round" aria-label=${strings.lobby.send} title=${strings.lobby.send}>${icon(sendIcon)}</button>
      </form>
    </div>`;
}
