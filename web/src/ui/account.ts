// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { signal, WritableSignal } from "../core/signal";
import { View } from "../core/view";
import { isZone } from "../model/calendar";
import { accounts, seesClients, User } from "../protocol/accounts";
import { APIError } from "../protocol/api";
import { limits } from "../protocol/messages";
import { fieldsOf, once, problemSignals, submitButton, textField } from "./form";
import { shortestPassword } from "./new-user-form";
import { requireUser, signOut } from "./signed-in";
import { strings } from "./strings";
import { toast, Toasts } from "./toasts";
import { ownZone } from "./when";
import { zoneField } from "./zone-field";

/** One's own account. */
class AccountPage extends View {
  constructor(private readonly user: User) {
    super();
    this.className = "account";
  }

  protected render(): Node {
    const text = strings.accounts.account;
    const { user } = this;
    return html`
      <div class="account-head">
        <div><h1>${text.heading}</h1><p class="hint">${text.signedInAs({ email: user.email })}</p></div>
        <div class="actions">
          ${user.role === "admin" ? html`<a class="button" href="/admin">${text.server}</a>` : null}
          ${seesClients(user.role) ? html`<a class="button" href="/dashboard">${text.dashboard}</a>` : null}
          <a class="button quiet" href="/invites">${text.invites}</a>
          <button type="button" class="button quiet" @click=${() => void signOut()}>${text.signOut}</button>
        </div>
      </div>
      <div class="account-parts">${this.profile()} ${this.password()}</div>`;
  }

  private profile(): Node {
    const text = strings.accounts.account;
    const { user } = this;
    const busy = signal(false);
    const problems = problemSignals("name", "all");
    const zone = signal(user.zone && isZone(user.zone) ? user.zone : ownZone);
    const submit = async (event: Event): Promise<void> => {
      const form = fieldsOf(event);
      const name = form.value("name").trim();
      problems.name.set(name ? "" : text.nameMissing);
      if (!name) return form.focus("name");
      const change = { name, title: form.value("title").trim(), zone: zone.peek() };
      return once(busy, async () => void (await tell(problems.all, text.saved, () => accounts.changeMe(change))));
    };
    return html`
      <form class="card fields" novalidate aria-labelledby="profile-title" @submit=${(event: Event) => void submit(event)}>
        <h2 id="profile-title">${text.profile}</h2>
        ${textField({ name: "name", label: text.name, value: user.name, autocomplete: "name", longest: limits.name, problem: problems.name })}
        ${textField({ name: "title", label: text.professional, value: user.title ?? "", autocomplete: "organization-title", longest: 60 })}
        ${zoneField(zone, () => Date.now(), text.zone)}
        <p class="error" role="alert">${problems.all}</p>
        ${submitButton(text.save, text.saving, busy, false)}
      </form>`;
  }

  private password(): Node {
    const text = strings.accounts.account;
    const busy = signal(false);
    const problems = problemSignals("current", "next", "all");
    const submit = async (event: Event): Promise<void> => {
      const form = fieldsOf(event);
      const [currentPassword, password] = [form.value("current"), form.value("next")];
      problems.current.set(currentPassword ? "" : text.wrong);
      problems.next.set([...password].length >= shortestPassword ? "" : strings.accounts.setup.passwordShort);
      if (!currentPassword) return form.focus("current");
      if (problems.next.peek()) return form.focus("next");
      return once(busy, async () => {
        if (await tell(problems.all, text.changed, () => accounts.changeMe({ currentPassword, password }))) form.reset();
      });
    };
    return html`
      <form class="card fields" novalidate aria-labelledby="password-title" @submit=${(event: Event) => void submit(event)}>
        <h2 id="password-title">${text.password}</h2>
        <input type="text" name="username" autocomplete="username" value=${this.user.email} hidden>
        ${textField({ name: "current", label: text.current, type: "password", autocomplete: "current-password", longest: 1_000, problem: problems.current })}
        ${textField({ name: "next", label: text.next, type: "password", autocomplete: "new-password", longest: 1_000, hint: strings.accounts.setup.passwordDetail, problem: problems.next })}
        <p class="error" role="alert">${problems.all}</p>
        ${submitButton(text.change, text.saving, busy, false)}
      </form>`;
  }
}

/** Tells how `work` went: a toast, or a sentence in the form. */
async function tell(problem: WritableSignal<string>, done: string, work: () => Promise<unknown>): Promise<boolean> {
  problem.set("");
  try {
    await work();
    toast(done);
    return true;
  } catch (error) {
    const { code, message } = error instanceof APIError ? error : new APIError("", "");
    problem.set(code === "wrong-password" ? strings.accounts.account.wrong : message || strings.accounts.account.failed);
    return false;
  }
}

customElements.define("parley-account", AccountPage);

async function open(): Promise<void> {
  document.body.append(new Toasts());
  const user = await requireUser();
  if (user) document.querySelector("main")?.replaceChildren(new AccountPage(user));
}

void open();
