// SPDX-License-Identifier: Apache-2.0

import { html } from "../../core/html";
import { View } from "../../core/view";
import type { Finding, TroubleLine } from "../../protocol/admin";
import { icon } from "../icon";
import checkIcon from "../icons/check.svg";
import retryIcon from "../icons/retry.svg";
import warningIcon from "../icons/warning.svg";
import { strings, textFor } from "../strings";
import { dateLanguage, written } from "../when";
import { counted, whenOf } from "./amounts";
import { ReceiverList } from "./receiver-list";
import { RelayList } from "./relay-list";
import type { Watch } from "./watch";

/** What the doctor finds on the server's machine, and what went wrong since the start. */
export class ChecksView extends View {
  constructor(private readonly watch: Watch) {
    super();
    this.className = "checks-view";
  }

  protected render(): Node {
    return html`${this.findings()}${this.lines()}${new ReceiverList(this.watch)}${new RelayList(this.watch)}${this.counts()}`;
  }

  private findings(): Node {
    const text = strings.admin.checks;
    const { watch } = this;
    return html`
      <section class="card" aria-labelledby="findings-title">
        <div class="section-head">
          <div><h2 id="findings-title">${text.heading}</h2><p class="hint">${text.detail}</p></div>
          <button type="button" class="button" aria-disabled=${() => (watch.looking() ? "true" : undefined)} @click=${() => void watch.examine(true)}>
            ${icon(retryIcon)} ${() => (watch.looking() ? text.looking : text.again)}</button>
        </div>
        <p class="hint" role="status">${() => this.lookedAt()}</p>
        <ul class="findings">${() => sorted(watch.findings()?.findings ?? []).map(finding)}</ul>
      </section>`;
  }

  private lookedAt(): string {
    const found = this.watch.findings();
    const text = strings.admin.checks;
    if (!found) return this.watch.looking() ? text.looking : text.failed;
    return text.at({ time: new Date(found.at).toLocaleTimeString(dateLanguage) });
  }

  private lines(): Node {
    const text = strings.admin.trouble;
    const lines = (): readonly TroubleLine[] => this.watch.trouble()?.lines ?? [];
    return html`
      <section class="card" aria-labelledby="lines-title">
        <h2 id="lines-title">${text.heading}</h2>
        <p class="hint">${text.detail}</p>
        ${() => (this.watch.trouble() && lines().length === 0 ? html`<p class="all-good">${icon(checkIcon)} ${text.none}</p>` : null)}
        <ul class="trouble-lines">${() => lines().map((line) => html`
          <li data-level=${line.level}>
            <span class="level">${text.levels[line.level]}</span>
            <p><strong>${line.event}</strong>${line.count > 1 ? html` <small>${text.times({ count: line.count })}</small>` : null}<br>
              ${line.details ? html`<code>${line.details}</code>` : null}</p>
            <small>${written(whenOf(line.at), line.at)}</small>
          </li>`)}</ul>
      </section>`;
  }

  private counts(): Node {
    const text = strings.admin.trouble;
    const counts = (): readonly { what: string; count: number }[] => this.watch.trouble()?.counts ?? [];
    return html`
      <section class="card" aria-labelledby="counts-title">
        <h2 id="counts-title">${text.countsHeading}</h2>
        <p class="hint">${text.countsDetail}</p>
        ${() => (this.watch.trouble() && counts().length === 0 ? html`<p class="all-good">${icon(checkIcon)} ${text.noCounts}</p>` : null)}
        <ul class="counts">${() => counts().map(({ what, count }) => html`<li><span>${textFor(text.kinds, what) ?? what}</span> <strong>${counted(count)}</strong></li>`)}</ul>
      </section>`;
  }
}

/** The worst first, and otherwise as the doctor lists them. */
function sorted(findings: readonly Finding[]): readonly Finding[] {
  const ranks = { failure: 0, warning: 1, ok: 2 };
  return [...findings].sort((a, b) => ranks[a.level] - ranks[b.level]);
}

function finding({ check, level, what, why, fix }: Finding): Node {
  const text = strings.admin.checks;
  return html`
    <li data-level=${level}>
      <span class="level">${icon(level === "ok" ? checkIcon : warningIcon)}<span class="visually-hidden">${text.levels[level]}</span></span>
      <div><p><strong>${textFor(text.names, check) ?? check}</strong>: ${what}</p>
        ${why ? html`<p class="hint">${why}</p>` : null}${fix ? html`<p class="fix">${fix}</p>` : null}</div>
    </li>`;
}

customElements.define("parley-admin-checks", ChecksView);
