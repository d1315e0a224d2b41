// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { effect, onDispose, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import type { Visit } from "../protocol/appointments";
import type { Desk } from "./desk";
import { icon } from "./icon";
import noteIcon from "./icons/note.svg";
import { strings } from "./strings";

const saveAfter = 800;
const retryAfter = 3_000;
/** The server takes 20,000 bytes, and a character has at most four. */
const longest = 5_000;

/** The professional's own notes, saved while they are written. What is being written is never overwritten. */
export class NotesField extends View {
  private readonly state = signal<"" | "saving" | "saved" | "failed">("");
  /** Written here and not confirmed by the server. */
  private unsaved: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly desk: Desk, private readonly visit: Signal<Visit>) {
    super();
  }

  protected render(): Node {
    const text = strings.dashboard.visit;
    const { visit } = this;
    // A list that moves this appointment elsewhere ends this field: what is not saved yet must not be lost.
    onDispose(() => {
      clearTimeout(this.timer);
      if (this.unsaved !== undefined) void this.desk.saveNotes(visit.peek().id, this.unsaved).catch(() => undefined);
    });
    const keep = (element: Element): void => {
      const area = element as HTMLTextAreaElement;
      effect(() => {
        const { notes } = visit();
        if (this.unsaved === undefined && area.value !== notes) area.value = notes;
      });
    };
    const sentence = { "": "", saving: text.saving, saved: text.saved, failed: text.notSaved };
    return html`
      <details class="notes">
        <summary>${icon(noteIcon)} ${text.notes}${() => (visit().notes ? html` <span class="dot-note" aria-hidden="true"></span>` : null)}</summary>
        <textarea rows="3" maxlength=${longest} aria-label=${() => text.notesOf({ name: visit().client.name })} ref=${keep}
          @input=${(event: Event) => this.written((event.target as HTMLTextAreaElement).value)} @blur=${() => void this.save()}></textarea>
        <p class="hint"><span>${text.notesDetail}</span> <span role="status">${() => sentence[this.state()]}</span></p>
      </details>`;
  }

  private written(text: string): void {
    this.unsaved = text;
    this.state.set("");
    this.plan(saveAfter);
  }

  private plan(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), delay);
  }

  private async save(): Promise<void> {
    const text = this.unsaved;
    if (text === undefined) return;
    clearTimeout(this.timer);
    this.state.set("saving");
    try {
      await this.desk.saveNotes(this.visit.peek().id, text);
      // More may have been written meanwhile; its own save is planned.
      if (this.unsaved === text) {
        this.unsaved = undefined;
        this.state.set("saved");
      }
    } catch {
      this.state.set("failed");
      this.plan(retryAfter);
    }
  }
}

customElements.define("parley-notes", NotesField);
