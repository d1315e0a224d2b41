// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { signal } from "../core/signal";
import { View } from "../core/view";
import { accounts, User } from "../protocol/accounts";
import { APIError } from "../protocol/api";
import { fieldsOf, once, problemSignals, submitButton, textField } from "./form";
import { NewUserForm } from "./new-user-form";
import { homeOf, wayAfter } from "./signed-in";
import { strings } from "./strings";

/** The way in for those who have an account. */
class SignIn extends View {
  protected render(): Node {
    const text = strings.accounts.signIn;
    const busy = signal(false);
    const problems = problemSignals("all");
    const submit = async (event: Event): Promise<void> => {
      const form = fieldsOf(event);
      const [email, password] = [form.value("email").trim(), form.value("password")];
      problems.all.set(email && password ? "" : text.missing);
      if (!email || !password) return form.focus(email ? "password" : "email");
      return once(busy, async () => {
        try {
          leave(await accounts.signIn(email, password));
        } catch (error) {
          problems.all.set(sentenceFor(error));
          form.focus("password");
        }
      });
    };
    return html`
      <form class="card fields" novalidate @submit=${(event: Event) => void submit(event)}>
        <h1>${text.heading}</h1>
        ${textField({ name: "email", label: text.email, type: "email", autocomplete: "username" })}
        ${textField({ name: "password", label: text.password, type: "password", autocomplete: "current-password", longest: 1_000 })}
        <p class="error" role="alert">${problems.all}</p>
        ${submitButton(text.submit, text.busy, busy)}
        <p class="hint after">${text.noAccount}</p>
      </form>`;
  }
}

/** For the host of a server that has no accounts yet. */
class Setup extends View {
  protected render(): Node {
    const text = strings.accounts.setup;
    const enter = async (email: string, password: string): Promise<void> => leave(await accounts.signIn(email, password));
    const skip = (): void => show(new SignIn(), strings.accounts.signIn.title);
    return html`
      <div class="card fields">
        <h1>${text.heading}</h1>
        <p class="hint first">${text.detail}</p>
        ${new NewUserForm({ role: "admin", done: (_, email, password) => enter(email, password) })}
        <button type="button" class="link" @click=${skip}>${text.skip}</button>
      </div>`;
  }
}

function sentenceFor(error: unknown): string {
  const { code, message } = error instanceof APIError ? error : new APIError("", "");
  const text = strings.accounts.signIn;
  if (code === "unreachable") return text.unreachable;
  if (/too-many|429/.test(code)) return text.tooMany;
  return /wrong-password|401/.test(code) ? text.wrong : message || text.unreachable;
}

function leave(user: User): void {
  location.assign(wayAfter(location.search) ?? homeOf(user));
}

function show(view: HTMLElement, title: string): void {
  document.title = title;
  document.querySelector("main")?.replaceChildren(view);
  view.querySelector("input")?.focus();
}

async function open(): Promise<void> {
  const session = await accounts.session().catch(() => undefined);
  if (session?.user) return leave(session.user);
  if (session?.needsAdmin) return show(new Setup(), strings.accounts.setup.title);
  return show(new SignIn(), strings.accounts.signIn.title);
}

customElements.define("parley-sign-in", SignIn);
customElements.define("parley-setup", Setup);
void open();
