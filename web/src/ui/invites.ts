// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, effect, Signal, signal } from "../core/signal";
import { View } from "../core/view";
import { lifetimes, Lifetime, spanOf } from "../model/lifetimes";
import { api, APIError, HostedMeeting } from "../protocol/api";
import { Invite, invites } from "../protocol/invites";
import { meetingCode, MeetingCode, MeetingRole, Timestamp } from "../protocol/messages";
import { announcer } from "./announcer";
import { confirmed } from "./ask";
import { copyText } from "./copy";
import { fieldsOf, once, submitButton } from "./form";
import { icon } from "./icon";
import linkIcon from "./icons/link.svg";
import qrIcon from "./icons/qr.svg";
import { strings } from "./strings";
import { toast, Toasts } from "./toasts";
import { dateLanguage, ownZone, written } from "./when";

const text = strings.inviting;
const roles: readonly MeetingRole[] = ["participant", "viewer", "co-host", "host"];

/** For whoever holds a meeting: links that let others in, from when, until when, once or often, and as what. */
class InvitesPage extends View {
  private readonly list = signal<readonly Invite[] | undefined>(undefined);
  private readonly problem = signal("");
  private readonly made = signal("");

  constructor(private readonly meetings: readonly HostedMeeting[], private readonly code: MeetingCode) {
    super();
    this.className = "invites";
  }

  protected render(): Node {
    void this.refresh();
    return html`
      <h1>${text.heading}</h1>
      <p class="hint">${text.detail}</p>
      ${this.which()}
      <div class="invites-parts">
        ${this.form()}
        <section class="card" aria-labelledby="invites-title">
          <h2 id="invites-title">${text.listTitle}</h2>
          <p class="error" role="alert">${this.problem}</p>
          <p class="hint" ?hidden=${() => this.list()?.length !== 0}>${text.none}</p>
          <ul class="invite-list">${each(() => this.list() ?? [], ({ id }) => id, (invite) => this.row(invite))}</ul>
        </section>
      </div>`;
  }

  private which(): Node {
    const known = this.meetings.some(({ meeting }) => meeting === this.code);
    const choose = (event: Event): void => void (location.hash = (event.target as HTMLSelectElement).value);
    const label = ({ meeting, name }: Pick<HostedMeeting, "meeting" | "name">): string => (name ? `${name} (${meeting})` : meeting);
    return html`
      <div class="invites-which">
        <label class="field"><span>${text.meeting}</span>
          <select @change=${choose}>
            ${known ? null : html`<option value=${this.code} .selected=${true}>${this.code}</option>`}
            ${this.meetings.map((each) => html`<option value=${each.meeting} .selected=${each.meeting === this.code}>${label(each)}</option>`)}
          </select></label>
        <a class="button quiet" href=${`/${this.code}`}>${text.open}</a>
      </div>`;
  }

  private form(): Node {
    const busy = signal(false);
    const lifetime = signal<Lifetime>("day");
    const mistake = signal("");
    const submit = async (event: Event): Promise<void> => {
      const form = fieldsOf(event);
      const onlyOnce = (event.target as HTMLFormElement).elements.namedItem("once") as HTMLInputElement;
      const span = spanOf({ lifetime: lifetime.peek(), from: form.value("from"), until: lifetime.peek() === "until" ? form.value("until") : "" }, Date.now());
      mistake.set(typeof span === "string" ? text.mistakes[span] : "");
      if (typeof span === "string") return form.focus(lifetime.peek() === "until" ? "until" : "from");
      return once(busy, async () => {
        try {
          const invite = await invites.make(this.code, { role: form.value("role") as MeetingRole, singleUse: onlyOnce.checked, ...span });
          this.made.set(invite.id);
          await this.refresh();
          announcer.say(text.made);
        } catch (error) {
          mistake.set(sentenceFor(error));
        }
      });
    };
    return html`
      <form class="card fields" novalidate aria-labelledby="new-title" @submit=${(event: Event) => void submit(event)}>
        <h2 id="new-title">${text.newTitle}</h2>
        <label class="field"><span>${text.role}</span>
          <select name="role">${roles.map((role) => html`<option value=${role}>${text.roles[role]}</option>`)}</select></label>
        <label class="field"><span>${text.lifetime}</span>
          <select name="lifetime" @change=${(event: Event) => lifetime.set((event.target as HTMLSelectElement).value as Lifetime)}>
            ${lifetimes.map((each) => html`<option value=${each} .selected=${each === "day"}>${text.lifetimes[each]}</option>`)}
          </select></label>
        ${() => (lifetime() === "until" ? html`
          <label class="field"><span>${text.until}</span><input type="datetime-local" name="until" aria-describedby="invite-zone"></label>` : null)}
        <label class="field"><span>${text.from}</span><input type="datetime-local" name="from" aria-describedby="invite-zone"></label>
        <p class="hint" id="invite-zone">${text.zone({ zone: ownZone })}</p>
        <label class="check"><input type="checkbox" name="once"><span>${text.once}<br><small>${text.onceDetail}</small></span></label>
        <p class="error" role="alert">${mistake}</p>
        ${submitButton(text.make, text.making, busy, false)}
      </form>`;
  }

  private row(invite: Signal<Invite>): DocumentFragment {
    const picture = signal(false);
    const good = computed(() => invite().state === "open" || invite().state === "early");
    const { id, link, role } = invite.peek();
    const copy = async (): Promise<void> => toast((await copyText(link)) ? text.copied : `${text.copyFailed} ${link}`);
    effect(() => {
      if (this.made() === id) picture.set(true);
    });
    return html`
      <li class="invite-row" ?data-over=${() => !good()}>
        <p><strong>${text.roles[role]}</strong> <span class="invite-state" data-state=${() => invite().state}>${() => text.states[invite().state]}</span>
          <br><small>${() => span(invite())}</small></p>
        ${() => (good() ? html`
          <input class="invite-address" readonly aria-label=${text.link} .value=${link} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}>
          <div class="actions">
            <button type="button" class="button" @click=${() => void copy()}>${icon(linkIcon)} ${text.copy}</button>
            <button type="button" class="button quiet" aria-expanded=${() => String(picture())} @click=${() => picture.update((shown) => !shown)}>${icon(qrIcon)} ${text.qr}</button>
            <button type="button" class="button quiet danger-text" @click=${() => void this.revoke(invite.peek())}>${text.revoke}</button>
          </div>
          ${() => (picture() ? html`<img class="qr" src=${invites.qr(id)} alt=${text.qrAlt} width="196" height="196">` : null)}` : null)}
      </li>`;
  }

  private async revoke({ id }: Invite): Promise<void> {
    if (!(await confirmed({ ...text.revokeConfirm, yes: text.revoke }))) return;
    try {
      await invites.revoke(id);
      toast(text.revoked);
    } catch (error) {
      this.problem.set(sentenceFor(error));
    }
    await this.refresh();
    // What had the focus is gone.
    const title = this.querySelector<HTMLElement>("#invites-title");
    title?.setAttribute("tabindex", "-1");
    title?.focus();
  }

  private async refresh(): Promise<void> {
    try {
      this.list.set([...(await invites.list(this.code))].reverse());
      this.problem.set("");
    } catch (error) {
      this.problem.set(sentenceFor(error));
    }
  }
}

/** From when until when, and how often. */
function span({ notBefore, expiresAt, singleUse }: Invite): Node {
  const format = new Intl.DateTimeFormat(dateLanguage, { dateStyle: "medium", timeStyle: "short" });
  const time = (value: Timestamp): DocumentFragment => written(format.format(value), value);
  return html`
    ${notBefore === null ? null : html`${text.fromTime} ${time(notBefore)} · `}
    ${expiresAt === null ? text.noEnd : html`${text.untilTime} ${time(expiresAt)}`}
    ${singleUse ? ` · ${text.onceShort}` : ""}`;
}

function sentenceFor(error: unknown): string {
  const { code, message } = error instanceof APIError ? error : new APIError("", "");
  if (code === "no-such-meeting" || code === "meeting-ended") return text.notYours;
  return message || strings.common.unreachable;
}

customElements.define("parley-invites", InvitesPage);

function show(...nodes: Node[]): void {
  document.querySelector("main")?.replaceChildren(...nodes);
}

async function open(): Promise<void> {
  try {
    const meetings = await api.hosted();
    const code = meetingCode(location.hash.slice(1)) ?? meetings[0]?.meeting;
    if (code) return show(new InvitesPage(meetings, code));
    show(html`<h1>${text.heading}</h1><p class="hint">${text.noMeetings}</p><p><a class="button primary" href="/">${text.home}</a></p>`);
  } catch (error) {
    if (error instanceof APIError && (error.code === "not-signed-in" || error.code === "not-allowed")) {
      return location.replace(`/login?next=${encodeURIComponent(location.pathname + location.hash)}`);
    }
    show(html`<h1>${text.heading}</h1><p class="error" role="alert">${sentenceFor(error)}</p>`);
  }
}

addEventListener("hashchange", () => void open());
document.body.append(new Toasts());
void open();
