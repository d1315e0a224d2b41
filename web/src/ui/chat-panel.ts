// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { onDispose } from "../core/signal";
import type { Call } from "./call";
import { ChatLog } from "./chat-log";
import { Composer } from "./composer";
import { PanelView } from "./panel";
import { strings } from "./strings";

/** The conversation, and the field to take part in it. */
export class ChatPanel extends PanelView {
  constructor(call: Call) {
    super(call, strings.chat.title, strings.chat.close);
    this.classList.add("chat");
  }

  protected override get first(): HTMLElement | null {
    return this.querySelector("textarea");
  }

  protected content(): Node {
    const looked = (): void => this.call.looked();
    document.addEventListener("visibilitychange", looked);
    onDispose(() => document.removeEventListener("visibilitychange", looked));
    return html`${new ChatLog(this.call)}${new Composer(this.call)}`;
  }
}

customElements.define("parley-chat", ChatPanel);
