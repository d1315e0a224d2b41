// SPDX-License-Identifier: Apache-2.0

import { type Child, html } from "../../core/html";
import { View } from "../../core/view";
import type { Receiver } from "../../protocol/admin";
import { icon } from "../icon";
import checkIcon from "../icons/check.svg";
import warningIcon from "../icons/warning.svg";
import { strings } from "../strings";
import { written } from "../when";
import { counted, whenOf } from "./amounts";
import type { Watch } from "./watch";

type State = keyof typeof strings.admin.webhooks.states;

/** Who is told what happens in meetings, and whether they listen. */
export class ReceiverList extends View {
  constructor(private readonly watch: Watch) {
    super();
  }

  protected render(): Node {
    const text = strings.admin.webhooks;
    const { watch } = this;
    return html`
      <section class="card" aria-labelledby="webhooks-title">
        <h2 id="webhooks-title">${text.heading}</h2>
        <p class="hint">${text.detail}</p>
        ${() => (watch.receivers()?.length === 0 ? html`<p class="empty-note">${text.none}</p>` : null)}
        <ul class="findings receivers">${() => (watch.receivers() ?? []).map(shown)}</ul>
      </section>`;
  }
}

function stateOf({ takenAt, failedAt, closed }: Receiver): State {
  if (closed) return "closed";
  if (failedAt !== null && failedAt > (takenAt ?? 0)) return "failing";
  return takenAt === null ? "idle" : "ok";
}

function shown(receiver: Receiver): Node {
  const text = strings.admin.webhooks;
  const state = stateOf(receiver);
  const isWell = state === "ok" || state === "idle";
  const { address, takenAt, failedAt, reason, waiting, nextTryAt, dropped } = receiver;
  const failure = failedAt === null ? text.never : written(text.why({ time: whenOf(failedAt), reason: reason ?? "" }), failedAt);
  const rows: readonly (readonly [string, Child])[] = [
    [text.taken, takenAt === null ? text.never : written(whenOf(takenAt), takenAt)],
    [text.refused, failure],
    [text.waiting, waiting > 0 && nextTryAt !== null ? text.next({ count: waiting, time: whenOf(nextTryAt) }) : counted(waiting)],
    [text.given, counted(dropped)],
  ];
  return html`
    <li data-level=${isWell ? "ok" : "warning"}>
      <span class="level">${icon(isWell ? checkIcon : warningIcon)}</span>
      <div><p><strong>${text.states[state]}</strong><br><code dir="ltr">${address}</code></p>
        <dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></div>
    </li>`;
}

customElements.define("parley-admin-receivers", ReceiverList);
