// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { Signal, signal } from "../core/signal";
import { View } from "../core/view";
import { accounts, Role, User } from "../protocol/accounts";
import { APIError } from "../protocol/api";
import { confirmed } from "./ask";
import { NewUserForm } from "./new-user-form";
import { colourOf, initials } from "./person";
import { strings } from "./strings";
import { toast } from "./toasts";

/** For administrators: everybody who can sign in, with role and lock, and a way to add somebody. */
export class UserList extends View {
  private readonly users = signal<readonly User[]>([]);
  private readonly problem = signal("");
  private readonly adding = signal(false);

  constructor(private readonly self: string) {
    super();
  }

  protected render(): Node {
    const text = strings.accounts.users;
    void this.refresh();
    return html`
      <section class="card people-list" id="users" aria-labelledby="users-title">
        <div class="section-head">
          <div><h2 id="users-title">${text.heading}</h2><p class="hint">${text.detail}</p></div>
          ${() => (this.adding() ? null : html`<button type="button" class="button" @click=${() => this.adding.set(true)}>${text.add}</button>`)}
        </div>
        <p class="error" role="alert">${this.problem}</p>
        ${() => (this.adding() ? this.form() : null)}
        <ul>${each(this.users, ({ id }) => id, (user) => this.row(user))}</ul>
      </section>`;
  }

  private form(): Node {
    const text = strings.accounts.users;
    const done = async (user: User): Promise<void> => {
      this.adding.set(false);
      toast(text.created({ name: user.name }));
      await this.refresh();
    };
    queueMicrotask(() => this.querySelector<HTMLElement>(".new-user input")?.focus());
    return html`
      <div class="new-user">
        <h3>${text.addHeading}</h3>
        ${new NewUserForm({ done })}
        <button type="button" class="button quiet" @click=${() => this.adding.set(false)}>${text.cancel}</button>
      </div>`;
  }

  private row(user: Signal<User>): DocumentFragment {
    const text = strings.accounts.users;
    const own = user.peek().id === this.self;
    const locked = (): boolean => isLocked(user());
    const choose = (event: Event): void => {
      void this.change(user.peek(), { role: (event.target as HTMLSelectElement).value as Role });
    };
    return html`
      <li class="user">
        <span class="avatar small" aria-hidden="true" data-colour=${() => colourOf(user().name)}>${() => initials(user().name)}</span>
        <p><strong>${() => user().name}</strong> ${own ? html`<small>(${text.you})</small>` : null}
          ${() => (locked() ? html`<small class="locked">(${text.disabled})</small>` : null)}<br><small>${() => user().email}</small></p>
        <select aria-label=${() => text.roleOf({ name: user().name })} ?disabled=${own} @change=${choose}>
          ${(Object.entries(text.rolesShort) as [Role, string][]).map(([role, label]) => html`
            <option value=${role} .selected=${() => user().role === role}>${label}</option>`)}
        </select>
        ${own ? null : html`
          <button type="button" class="button quiet" aria-label=${() => (locked() ? text.enableOf : text.disableOf)({ name: user().name })}
            @click=${() => void this.change(user.peek(), { disabled: !isLocked(user.peek()) })}>${() => (locked() ? text.enable : text.disable)}</button>
          <button type="button" class="button danger" aria-label=${() => text.removeOf({ name: user().name })}
            @click=${() => void this.discard(user.peek())}>${text.remove}</button>`}
      </li>`;
  }

  private async change({ id }: User, change: { role?: Role; disabled?: boolean }): Promise<void> {
    await this.attempt(() => accounts.change(id, change));
  }

  private async discard({ id, name }: User): Promise<void> {
    const { removeConfirm, remove } = strings.accounts.users;
    const question = removeConfirm.question({ name });
    if (await confirmed({ question, detail: removeConfirm.detail, yes: remove })) await this.attempt(() => accounts.remove(id));
  }

  private async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      toast((error instanceof APIError && error.message) || strings.accounts.account.failed);
    }
    await this.refresh();
  }

  private async refresh(): Promise<void> {
    try {
      this.users.set(await accounts.users());
      this.problem.set("");
    } catch {
      this.problem.set(strings.accounts.users.failed);
    }
  }
}

function isLocked({ disabled }: User): boolean {
  return disabled === true;
}

customElements.define("parley-users", UserList);
