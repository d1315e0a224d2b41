// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { signal, WritableSignal } from "../core/signal";
import { View } from "../core/view";
import { accounts, Role, User } from "../protocol/accounts";
import { APIError } from "../protocol/api";
import { limits } from "../protocol/messages";
import { fieldsOf, once, problemSignals, submitButton, textField } from "./form";
import { strings } from "./strings";
import { ownZone } from "./when";

export interface NewUserFormOptions {
  /** The role of the new account; without one it is chosen in the form. */
  readonly role?: Role;
  readonly done: (user: User, email: string, password: string) => void | Promise<void>;
}

/** As the server has it. */
export const shortestPassword = 8;

/** Makes an account. */
export class NewUserForm extends View {
  constructor(private readonly options: NewUserFormOptions) {
    super();
  }

  protected render(): Node {
    const text = strings.accounts.setup;
    const busy = signal(false);
    const problems = problemSignals("name", "email", "password", "all");
    return html`
      <form class="fields" novalidate @submit=${(event: Event) => void this.submit(event, problems, busy)}>
        ${textField({ name: "name", label: text.name, autocomplete: "name", longest: limits.name, problem: problems.name })}
        ${textField({ name: "title", label: text.professional, autocomplete: "organization-title", longest: 60, hint: text.professionalDetail })}
        ${textField({ name: "email", label: text.email, type: "email", autocomplete: "email", problem: problems.email })}
        ${textField({ name: "password", label: text.password, type: "password", autocomplete: "new-password", longest: 1_000, hint: text.passwordDetail, problem: problems.password })}
        ${this.options.role ? null : roleField()}
        <p class="error" role="alert">${problems.all}</p>
        ${submitButton(text.submit, text.busy, busy)}
      </form>`;
  }

  private submit(
    event: Event, problems: Readonly<Record<"name" | "email" | "password" | "all", WritableSignal<string>>>, busy: WritableSignal<boolean>,
  ): Promise<void> | void {
    const text = strings.accounts.setup;
    const form = fieldsOf(event);
    const [name, title, email] = ["name", "title", "email"].map((each) => form.value(each).trim()) as [string, string, string];
    const password = form.value("password");
    problems.all.set("");
    problems.name.set(name ? "" : text.nameMissing);
    problems.email.set(/^[^\s@]+@[^\s@]+$/.test(email) ? "" : text.emailWrong);
    problems.password.set([...password].length >= shortestPassword ? "" : text.passwordShort);
    const wrong = (["name", "email", "password"] as const).find((each) => problems[each].peek());
    if (wrong) return form.focus(wrong);
    const role = this.options.role ?? (form.value("role") as Role);
    return once(busy, async () => {
      try {
        const user = await accounts.create({ name, email, password, role, zone: ownZone, ...(title ? { title } : {}) });
        await this.options.done(user, email, password);
      } catch (error) {
        const { code, message } = error instanceof APIError ? error : new APIError("", "");
        problems.all.set(/taken|409/.test(code) ? strings.accounts.users.exists : message || strings.accounts.account.failed);
      }
    });
  }
}

function roleField(): Node {
  const text = strings.accounts.users;
  return html`
    <label class="field"><span>${text.role}</span>
      <select name="role">${(Object.entries(text.roles) as [Role, string][]).map(([role, label]) => html`
        <option value=${role} .selected=${role === "professional"}>${label}</option>`)}</select></label>`;
}

customElements.define("parley-new-user", NewUserForm);
