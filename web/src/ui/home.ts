// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { signal } from "../core/signal";
import { View } from "../core/view";
import { accounts, seesClients } from "../protocol/accounts";
import { api, APIError, ChatRetention } from "../protocol/api";
import { destination } from "../protocol/messages";
import { becomeApp, installButton } from "./app";
import { HostedList } from "./hosted-list";
import { icon } from "./icon";
import videoIcon from "./icons/video.svg";
import { languageField } from "./language-field";
import { RecentList } from "./recent-list";
import { change, settings } from "./settings";
import { strings } from "./strings";

/** The two ways into a meeting: start one, or go to one by its code or link. */
class StartActions extends View {
  protected render(): Node {
    const text = strings.home;
    const starting = signal(false);
    const problem = signal("");
    const start = async (): Promise<void> => {
      if (starting.peek()) return;
      starting.set(true);
      problem.set("");
      try {
        location.assign(`/${await api.create(settings.peek().retention)}`);
      } catch (error) {
        problem.set(sentenceFor(error));
        starting.set(false);
      }
    };
    return html`
      <div class="start">
        <button type="button" class="button primary large" aria-disabled=${() => (starting() ? "true" : undefined)} @click=${() => void start()}>
          ${icon(videoIcon)} ${() => (starting() ? text.starting : text.start)}</button>
        ${this.joinForm()}
      </div>
      <p class="error" role="alert">${problem}</p>
      ${this.retention()}`;
  }

  private joinForm(): Node {
    const text = strings.home;
    const problem = signal("");
    const submit = async (event: Event): Promise<void> => {
      event.preventDefault();
      const field = (event.target as HTMLFormElement).elements.namedItem("code") as HTMLInputElement;
      const found = destination(field.value, location.host);
      if (!found || "elsewhere" in found) {
        problem.set(found ? text.elsewhere({ host: found.elsewhere }) : text.notACode);
        return field.focus();
      }
      const { code } = found;
      problem.set("");
      try {
        await api.meeting(code);
      } catch (error) {
        if (error instanceof APIError && error.code === "no-such-meeting") {
          problem.set(text.noSuchMeeting({ code }));
          return field.focus();
        }
      }
      return location.assign(`/${code}`);
    };
    return html`
      <form class="join" novalidate @submit=${(event: Event) => void submit(event)}>
        <label class="field"><span class="visually-hidden">${text.joinLabel}</span>
          <input name="code" type="text" inputmode="url" autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="go"
            placeholder=${text.joinPlaceholder} aria-describedby="join-problem" aria-invalid=${() => (problem() ? "true" : undefined)}></label>
        <button class="button quiet large">${text.join}</button>
        <p id="join-problem" class="error" role="alert">${problem}</p>
      </form>`;
  }

  private retention(): Node {
    const text = strings.home;
    const options = Object.entries(text.retention) as [ChatRetention, string][];
    const choose = (event: Event): void => change({ retention: (event.target as HTMLSelectElement).value as ChatRetention });
    return html`
      <label class="retention"><span>${text.chatKept}</span>
        <select @change=${choose}>
          ${options.map(([value, label]) => html`<option value=${value} .selected=${value === settings.peek().retention}>${label}</option>`)}
        </select></label>`;
  }
}

function sentenceFor(error: unknown): string {
  const { code, message } = error instanceof APIError ? error : new APIError("", "");
  if (code === "creation-restricted") return strings.home.restricted;
  if (code === "too-many-requests") return strings.home.tooMany;
  return message || strings.common.unreachable;
}

/** What only some servers and hosts show. The page works without it. */
async function showServerFacts(): Promise<void> {
  const server = await api.server().catch(() => undefined);
  if (!server) return;
  const badge = document.getElementById("host-badge");
  if (server.host && badge) {
    badge.textContent = strings.home.host;
    badge.hidden = false;
    document.getElementById("lists")?.prepend(new HostedList());
  }
  const note = document.getElementById("trust-note");
  if (server.localAuthority && note) {
    note.append(html`${strings.home.trust} <a href="/trust">${strings.home.trustLink}</a>`);
    note.hidden = false;
  }
}

/** The way to one's own pages, for those who have some. */
async function showAccount(): Promise<void> {
  const link = document.getElementById("sign-in") as HTMLAnchorElement | null;
  const session = await accounts.session().catch(() => undefined);
  if (!link || !session) return;
  if (session.user) {
    const own = seesClients(session.user.role);
    link.href = own ? "/dashboard" : "/account";
    link.textContent = own ? strings.home.dashboard : strings.home.account;
  } else if (session.needsAdmin) {
    link.textContent = strings.home.firstAccount;
  }
}

customElements.define("parley-start", StartActions);
document.getElementById("actions")?.replaceWith(new StartActions());
document.getElementById("lists")?.append(new RecentList());
document.getElementById("language")?.append(languageField());
document.getElementById("language")?.after(html`<div>${installButton()}</div>`);
becomeApp();
void showServerFacts();
void showAccount();
