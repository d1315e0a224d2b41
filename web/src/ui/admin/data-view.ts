// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { signal } from "../../core/signal";
import { View } from "../../core/view";
import { admin, Kept } from "../../protocol/admin";
import { once } from "../form";
import { strings } from "../strings";
import { toast } from "../toasts";
import { dateLanguage, written } from "../when";
import { counted, size } from "./amounts";

/** What the server keeps, for how long, and deleting now what is due. */
export class DataView extends View {
  private readonly kept = signal<Kept | undefined>(undefined);
  private readonly problem = signal("");

  protected render(): Node {
    const text = strings.admin.data;
    const busy = signal(false);
    void this.refresh();
    return html`
      <section class="card" aria-labelledby="data-title">
        <h2 id="data-title">${text.heading}</h2>
        <p class="error" role="alert">${this.problem}</p>
        ${() => this.facts()}
        <p class="hint">${text.rules}</p>
        <div class="actions">
          <button type="button" class="button" aria-disabled=${() => (busy() ? "true" : undefined)} @click=${() => void once(busy, () => this.sweep())}>
            ${() => (busy() ? text.sweeping : text.sweep)}</button>
        </div>
        <p class="hint">${text.backup} <code>parley backup</code></p>
      </section>`;
  }

  private facts(): Node | null {
    const text = strings.admin.data;
    const kept = this.kept();
    if (!kept) return null;
    const { oldestMessage } = kept;
    return html`
      <dl class="facts">
        <div><dt>${text.meetings}</dt><dd>${counted(kept.meetings)}</dd></div>
        <div><dt>${text.messages}</dt><dd>${counted(kept.messages)}</dd></div>
        <div><dt>${text.oldest}</dt><dd>${oldestMessage === null ? text.none : written(new Date(oldestMessage).toLocaleDateString(dateLanguage), oldestMessage)}</dd></div>
        <div><dt>${text.database}</dt><dd>${size(kept.bytes)}</dd></div>
        <div><dt>${text.retention}</dt><dd>${text.kinds[kept.retention]}</dd></div>
      </dl>`;
  }

  private async sweep(): Promise<void> {
    try {
      const { messages, meetings } = await admin.sweep();
      toast(strings.admin.data.swept({ messages, meetings }));
      await this.refresh();
    } catch {
      this.problem.set(strings.admin.data.failed);
    }
  }

  private async refresh(): Promise<void> {
    try {
      this.kept.set(await admin.kept());
      this.problem.set("");
    } catch {
      this.problem.set(strings.admin.data.failed);
    }
  }
}

customElements.define("parley-admin-data", DataView);
