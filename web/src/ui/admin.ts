// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { effect, onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import { accounts, Session } from "../protocol/accounts";
import { ChecksView } from "./admin/checks-view";
import { DataView } from "./admin/data-view";
import { Overview } from "./admin/overview";
import { Watch } from "./admin/watch";
import { brandMark } from "./brand-mark";
import { signOut } from "./signed-in";
import { strings } from "./strings";
import { Toasts } from "./toasts";
import { UserList } from "./user-list";

type ViewName = keyof typeof strings.admin.views;

/** For administrators: what the server does, how it is, who may sign in, what it keeps. */
class AdminPage extends View {
  private readonly watch = new Watch();
  private readonly view = signal<ViewName>(viewInAddress());

  constructor(private readonly session: Session) {
    super();
    this.className = "admin";
  }

  protected render(): Node {
    const text = strings.admin;
    const { watch } = this;
    const changed = (): void => {
      this.view.set(viewInAddress());
      document.getElementById("main")?.focus();
    };
    window.addEventListener("hashchange", changed);
    onDispose(() => window.removeEventListener("hashchange", changed));
    watch.start();
    effect(() => void (document.title = `${text.views[this.view()]} – ${text.title}`));
    return html`
      <a class="skip" href="#main" @click=${focusMain}>${text.skip}</a>
      ${() => (watch.isOver() ? html`<div class="banner" role="alert"><p>${text.signedOut}</p><a class="button" href="/login?next=/admin">${text.signIn}</a></div>` : null)}
      ${() => (watch.isStale() && !watch.isOver() ? html`<div class="banner" role="status"><p>${text.stale}</p></div>` : null)}
      <header class="admin-head">
        <a class="brand" href="/">${brandMark()}</a>
        <nav aria-label=${text.viewsLabel}>${(Object.entries(text.views) as [ViewName, string][]).map(([name, label]) => html`
          <a href=${`#${name}`} aria-current=${() => (this.view() === name ? "page" : undefined)}>${label}</a>`)}</nav>
        <div class="admin-tools">
          ${this.session.user ? html`<a class="button quiet" href="/account">${text.account}</a>
          <button type="button" class="button quiet sign-out" @click=${() => void signOut()}>${text.signOut}</button>` : null}
        </div>
      </header>
      <main id="main" tabindex="-1">
        <h1>${() => text.views[this.view()]}</h1>
        ${this.content()}
      </main>
      <footer class="admin-foot">${() => this.foot()}</footer>`;
  }

  private foot(): string {
    const load = this.watch.load();
    return load ? strings.admin.foot({ version: load.version, count: load.processors }) : "";
  }

  private content(): () => Node {
    const views: Readonly<Record<ViewName, () => Node>> = {
      now: () => new Overview(this.watch),
      checks: () => new ChecksView(this.watch),
      people: () => new UserList(this.session.user?.id ?? ""),
      data: () => new DataView(),
    };
    return () => views[this.view()]();
  }
}

function viewInAddress(): ViewName {
  const name = location.hash.slice(1);
  return Object.hasOwn(strings.admin.views, name) ? (name as ViewName) : "now";
}

function focusMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Somebody is signed in who may not see this, so signing in once more would not help. */
function refusal(): Node {
  const text = strings.admin;
  return html`
    <header class="admin-head"><a class="brand" href="/">${brandMark()}</a></header>
    <main id="main" class="page">
      <div class="card notice-card">
        <h1>${text.forbidden}</h1><p>${text.forbiddenDetail}</p>
        <p class="actions"><a class="button primary" href="/">${text.home}</a> <a class="button quiet" href="/account">${text.account}</a></p>
      </div>
    </main>`;
}

customElements.define("parley-admin", AdminPage);

async function open(): Promise<void> {
  document.body.append(new Toasts());
  const app = document.getElementById("app");
  const session = await accounts.session().catch(() => undefined);
  if (!session) return app?.replaceChildren(html`<main id="main" class="page"><p class="error" role="alert">${strings.common.unreachable}</p></main>`);
  if (session.host) return app?.replaceChildren(new AdminPage(session));
  if (session.user) return app?.replaceChildren(refusal());
  return location.replace("/login?next=/admin");
}

// A page that was kept by the browser's history may belong to somebody who signed out since.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
void open();
