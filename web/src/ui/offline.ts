// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import { answers } from "../protocol/reach";
import { brand } from "./brand";
import { strings } from "./strings";

const askPeriod = 4_000;

/** Stands at the address of a page that could not be fetched, and gives way to it as soon as the server answers. */
class Offline extends View {
  private readonly asking = signal(false);

  protected render(): Node {
    const text = strings.offline;
    const timer = setInterval(() => void this.ask(), askPeriod);
    const online = (): void => void this.ask();
    addEventListener("online", online);
    onDispose(() => {
      clearInterval(timer);
      removeEventListener("online", online);
    });
    return html`
      <div class="card">
        <img class="over-mark" src=${brand.logo} alt="" width="56" height="56">
        <h1>${text.heading}</h1>
        <p>${text.detail}</p>
        <div class="actions"><button type="button" class="button primary" aria-disabled=${() => (this.asking() ? "true" : undefined)}
          @click=${() => void this.ask()}>${() => (this.asking() ? text.trying : text.again)}</button></div>
      </div>`;
  }

  private async ask(): Promise<void> {
    if (this.asking.peek()) return;
    this.asking.set(true);
    const reached = await answers();
    this.asking.set(false);
    if (!reached) return;
    // Somebody may have opened this page by its own address.
    if (location.pathname === "/offline") location.replace("/");
    else location.reload();
  }
}

customElements.define("parley-offline", Offline);
const view = new Offline();
view.className = "over";
document.querySelector("main")?.replaceWith(view);
view.setAttribute("role", "main");
