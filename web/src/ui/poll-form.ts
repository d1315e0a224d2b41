// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, signal } from "../core/signal";
import { View } from "../core/view";
import { DraftProblem, draftOf, Polls } from "../model/polls";
import { limits } from "../protocol/messages";
import { icon } from "./icon";
import closeIcon from "./icons/close.svg";
import { strings } from "./strings";

interface Option {
  readonly key: number;
  readonly text: string;
}

/** A new poll. Enter in an option goes to the next one, and makes it where there is none. Escape gives up. */
export class PollForm extends View {
  private readonly options = signal<readonly Option[]>([{ key: 0, text: "" }, { key: 1, text: "" }]);
  private readonly problem = signal<DraftProblem | undefined>(undefined);
  private question = "";
  private next = 2;

  constructor(private readonly polls: Polls, private readonly done: () => void) {
    super();
  }

  protected render(): Node {
    const { options, problem } = this;
    const text = strings.polls;
    const numbered = computed(() => options().map((option, index) => ({ ...option, index })));
    const focus = (element: Element): void => queueMicrotask(() => (element as HTMLElement).focus());
    return html`
      <form class="poll-form" aria-label=${text.ask} @submit=${(event: Event) => this.submit(event)} @keydown=${(event: KeyboardEvent) => this.key(event)}>
        <label class="field"><span>${text.question}</span>
          <input name="question" maxlength=${limits.question} autocomplete="off" dir="auto" ref=${focus}
            aria-invalid=${() => (problem() === "question" ? "true" : undefined)} aria-describedby="poll-problem"
            @input=${(event: Event) => (this.question = (event.target as HTMLInputElement).value)}></label>
        ${each(numbered, ({ key }) => key, (option) => html`
          <div class="poll-field">
            <input name="option" maxlength=${limits.option} autocomplete="off" dir="auto" .value=${option.peek().text}
              aria-label=${() => text.option({ number: option().index + 1 })} placeholder=${() => text.option({ number: option().index + 1 })}
              aria-describedby="poll-problem" @input=${(event: Event) => this.write(option.peek().key, (event.target as HTMLInputElement).value)}>
            ${() => (options().length > 2 ? html`
              <button type="button" class="round plain small" aria-label=${() => text.removeOption({ number: option().index + 1 })}
                @click=${() => this.dropOption(option.peek().index)}>${icon(closeIcon)}</button>` : null)}
          </div>`)}
        ${() => (options().length < limits.options ? html`
          <button type="button" class="link" @click=${() => this.add()}>${text.addOption}</button>` : null)}
        <label class="switch"><input type="checkbox" role="switch" name="several"><span>${text.allowSeveral}</span></label>
        <label class="switch"><input type="checkbox" role="switch" name="secret">
          <span>${text.makeSecret}<small>${text.makeSecretDetail}</small></span></label>
        <p class="error" id="poll-problem" role="alert">${() => { const found = problem(); return found ? text.problems[found] : ""; }}</p>
        <div class="actions">
          <button type="button" class="button quiet" @click=${this.done}>${text.cancel}</button>
          <button class="button primary">${text.start}</button>
        </div>
      </form>`;
  }

  private key(event: KeyboardEvent): void {
    const field = event.target as HTMLInputElement;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.done();
    } else if (event.key === "Enter" && !event.isComposing && (field.name === "option" || field.name === "question")) {
      // The last empty option is where writing ends: from there on Enter opens the poll.
      const fields = this.fields();
      const at = fields.indexOf(field);
      if (field.name === "option" && (field.value === "" || at === limits.options - 1)) return;
      event.preventDefault();
      if (at + 1 < fields.length) fields[at + 1]?.focus();
      else this.add();
    }
  }

  private fields(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>("[name='option']")];
  }

  private write(key: number, text: string): void {
    this.options.update((options) => options.map((option) => (option.key === key ? { key, text } : option)));
  }

  private add(): void {
    this.options.update((options) => [...options, { key: (this.next += 1), text: "" }]);
    this.fields().at(-1)?.focus();
  }

  private dropOption(index: number): void {
    this.options.update((options) => options.filter((_, at) => at !== index));
    this.fields()[Math.max(0, index - 1)]?.focus();
  }

  private submit(event: Event): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const on = (name: string): boolean => (form.elements.namedItem(name) as HTMLInputElement).checked;
    const found = draftOf(this.question, this.options.peek().map(({ text }) => text), { secret: on("secret"), several: on("several") });
    if ("draft" in found) return this.polls.open(found.draft, this.done);
    this.problem.set(found.problem);
    if (found.problem === "question") (form.elements.namedItem("question") as HTMLElement).focus();
    else (this.fields().find(({ value }) => value.trim() === "") ?? this.fields().at(-1))?.focus();
    return undefined;
  }
}

customElements.define("parley-poll-form", PollForm);
