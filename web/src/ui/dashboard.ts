// SPDX-License-Identifier: Apache-2.0

import { type Child, html } from "../core/html";
import { computed, effect, onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import { accounts, seesClients, User } from "../protocol/accounts";
import type { Status } from "../protocol/appointments";
import { connectionBanner } from "./banner";
import { brandMark } from "./brand-mark";
import { chime, chimeBlocked } from "./chime";
import { Desk } from "./desk";
import { icon } from "./icon";
import bellIcon from "./icons/bell.svg";
import { change, settings } from "./settings";
import { requireUser, signOut } from "./signed-in";
import { later, strings } from "./strings";
import { Toasts } from "./toasts";
import { TodayView } from "./today-view";

type ViewName = keyof typeof strings.dashboard.views;

/** The professional's page: the day is always at hand, clients and settings are fetched when asked for. */
class DashboardPage extends View {
  private readonly desk: Desk;
  private readonly view = signal<ViewName>(viewInAddress());

  constructor(user: User) {
    super();
    this.className = "dashboard";
    this.desk = new Desk(user);
  }

  protected render(): Node {
    const text = strings.dashboard;
    const { desk } = this;
    const changed = (): void => this.view.set(viewInAddress());
    window.addEventListener("hashchange", changed);
    onDispose(() => window.removeEventListener("hashchange", changed));
    desk.open();
    const over = computed(() => desk.live.state().phase === "over");
    const known = computed(() => desk.live.snapshot() !== undefined);
    return html`
      <a class="skip" href="#main" @click=${focusMain}>${text.skip}</a>
      ${() => (known() ? connectionBanner(desk.live, { reconnecting: text.lost, stopping: text.restarting }) : null)}
      ${() => (over() ? html`<div class="banner" role="alert"><p>${text.signedOut}</p><a class="button" href="/login?next=/dashboard">${text.signIn}</a></div>` : null)}
      <header class="dashboard-head">
        <a class="brand" href="/">${brandMark()}</a>
        <nav aria-label=${text.viewsLabel}>${(Object.entries(text.views) as [ViewName, string][]).map(([name, label]) => html`
          <a href=${`#${name}`} aria-current=${() => (this.view() === name ? "page" : undefined)}>${label}${name === "today" ? this.badge() : null}</a>`)}</nav>
        <div class="dashboard-tools">
          ${this.status()}
          <a class="button quiet" href="/account">${text.account}</a>
          <button type="button" class="button quiet sign-out" @click=${() => void signOut()}>${text.signOut}</button>
        </div>
      </header>
      <main id="main" tabindex="-1">${this.content()}</main>`;
  }

  private badge(): () => Child {
    const count = computed(() => this.desk.office().waiting.length);
    return () => (count() > 0 ? html` <span class="badge-count" aria-hidden="true">${count()}</span>` : null);
  }

  private status(): Node {
    const text = strings.dashboard.status;
    const { desk } = this;
    const status = computed<Status>(() => desk.live.snapshot()?.status ?? "away");
    const choose = (event: Event): void => desk.setStatus((event.target as HTMLSelectElement).value as Status);
    return html`
      <label class="status" data-status=${status}>
        <span class="visually-hidden">${text.label}</span><span class="dot" aria-hidden="true"></span>
        <select @change=${choose}>
          ${() => (status() === "busy" ? html`<option value="busy" selected>${text.names.busy}</option>` : null)}
          ${(["online", "away"] as const).map((name) => html`<option value=${name} .selected=${() => status() === name}>${text.names[name]}</option>`)}
        </select>
      </label>
      <label class="check sound" title=${strings.dashboard.sound.label}>
        <input type="checkbox" .checked=${settings.peek().chime} @change=${(event: Event) => this.soundChanged(event)}>
        ${icon(bellIcon)}<span class="visually-hidden">${strings.dashboard.sound.label}</span>
      </label>`;
  }

  private soundChanged(event: Event): void {
    const on = (event.target as HTMLInputElement).checked;
    change({ chime: on });
    // Heard at once, and the browser knows from now on that sound is wanted.
    if (on) void chime();
  }

  private content(): () => Child {
    const other = signal<Node | null>(null);
    const fetched: Readonly<Record<Exclude<ViewName, "today">, () => Promise<Node>>> = {
      clients: async () => new (await later(() => import("./clients-view"))).ClientsView(this.desk),
      booking: async () => new (await later(() => import("./booking-settings"))).BookingSettingsView(this.desk),
    };
    effect(() => {
      const name = this.view();
      other.set(null);
      if (name !== "today") void fetched[name]().then((made) => this.view.peek() === name && other.set(made));
    });
    const today = computed(() => this.view() === "today");
    return () => [
      chimeBlocked() ? html`<div class="hint-bar" role="group"><p>${strings.dashboard.sound.blocked}</p>
        <button type="button" class="button" @click=${() => void chime()}>${strings.dashboard.sound.allow}</button></div>` : null,
      today() ? new TodayView(this.desk) : other(),
    ].filter((part): part is Node => part !== null) as unknown as Child;
  }
}

function viewInAddress(): ViewName {
  const name = location.hash.slice(1);
  return name === "clients" || name === "booking" ? name : "today";
}

function focusMain(event: Event): void {
  event.preventDefault();
  (document.getElementById("waiting-title") ?? document.getElementById("main"))?.focus();
}

customElements.define("parley-dashboard", DashboardPage);

async function open(): Promise<void> {
  document.body.append(new Toasts());
  const user = await requireUser().catch(() => undefined);
  if (!user) return;
  if (!seesClients(user.role)) return location.replace("/account");
  document.getElementById("app")?.replaceChildren(new DashboardPage(user));
}

// A page that was kept by the browser's history may belong to somebody who signed out since.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) void accounts.session().then(({ user }) => user ?? location.reload());
});
void open();
