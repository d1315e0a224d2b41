// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { View } from "../core/view";
import { APIError } from "../protocol/api";
import { invites, opensAt } from "../protocol/invites";
import type { Timestamp } from "../protocol/messages";
import { brand } from "./brand";
import { strings } from "./strings";
import { dateLanguage, written } from "./when";

const text = strings.invited;

/** Why an invitation does not lead into its meeting. */
type Obstacle = "expired" | "revoked" | "used" | "unknown" | "ended" | "busy" | "unreachable";

const obstacles: Readonly<Record<string, Obstacle>> = {
  "invite-expired": "expired",
  "invite-revoked": "revoked",
  "invite-used": "used",
  "no-such-invite": "unknown",
  "no-such-meeting": "ended",
  "meeting-ended": "ended",
  "too-many-requests": "busy",
};

/** Longest wait between two questions, in milliseconds: clocks of browsers go wrong, and timers have a limit. */
const longestWait = 60_000;

/** One heading, what it means, and what can be done. */
class Notice extends View {
  constructor(private readonly heading: string, private readonly detail: Node | string, private readonly again?: () => void) {
    super();
    this.className = "over";
  }

  protected render(): Node {
    const focus = (element: Element): void => {
      requestAnimationFrame(() => (element as HTMLElement).focus());
    };
    const { again } = this;
    return html`
      <div class="card">
        <img class="over-mark" src=${brand.logo} alt="" width="56" height="56">
        <h1 tabindex="-1" ref=${focus}>${this.heading}</h1>
        ${typeof this.detail === "string" ? html`<p>${this.detail}</p>` : this.detail}
        <div class="actions">
          ${again ? html`<button type="button" class="button primary" @click=${again}>${text.again}</button>` : null}
          <a class=${again ? "button quiet" : "button primary"} href="/">${text.home}</a>
        </div>
      </div>`;
  }
}

customElements.define("parley-invite-notice", Notice);

/** The time at which this invitation opens, once it has been shown: it is not shown again at each question. */
let shownTime: Timestamp | undefined;

async function enter(): Promise<void> {
  const token = location.pathname.split("/")[2] ?? "";
  try {
    const { meeting } = await invites.use(token);
    // Going back from the meeting leads to where the link was opened, not here and in again.
    location.replace(`/${meeting}`);
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    const time = opensAt(error);
    if (time !== undefined) return wait(time);
    const why = obstacles[error.code] ?? "unreachable";
    const canTryAgain = why === "busy" || why === "unreachable";
    show(new Notice(text[why], text[`${why}Detail`], canTryAgain ? () => void enter() : undefined));
  }
}

function wait(time: Timestamp): void {
  if (shownTime !== time) {
    shownTime = time;
    const format = new Intl.DateTimeFormat(dateLanguage, { dateStyle: "full", timeStyle: "short" });
    const detail = html`
      <p>${text.earlyDetail} <strong>${written(format.format(time), time)}</strong>.</p>
      <p>${text.earlyWait}</p>`;
    show(new Notice(text.early, detail));
  }
  setTimeout(() => void enter(), Math.min(longestWait, Math.max(2_000, time - Date.now())));
}

function show(view: HTMLElement): void {
  document.querySelector("main")?.replaceChildren(view);
}

show(new Notice(text.loading, ""));
void enter();
