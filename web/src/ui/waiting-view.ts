// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { computed, effect, onDispose, untracked } from "../core/signal";
import { View } from "../core/view";
import { span, zoneName } from "../model/calendar";
import { remaining, until } from "../model/link";
import { announcer } from "./announcer";
import type { AppointmentPage } from "./appointment";
import { connectionBanner } from "./banner";
import { deviceFields } from "./device-fields";
import { focusLater } from "./link-ends";
import { personHeader } from "./person-header";
import { deviceProblems } from "./device-help";
import { Preview } from "./preview";
import { strings } from "./strings";
import { remainingTime } from "./words";
import { keepAwake } from "./wake-lock";
import { ownZone, written } from "./when";

/** The waiting room: how long still, whether the professional is there, our place, and our own picture. */
export class WaitingView extends View {
  constructor(private readonly appointment: AppointmentPage) {
    super();
    this.className = "prejoin waiting-page";
  }

  protected render(): Node {
    const { devices, meter, live, page } = this.appointment;
    const text = strings.appointment.waiting;
    const name = page.peek().appointment?.professional.name ?? "";
    const status = computed(() => page().appointment?.professional.status ?? "away");
    const position = computed(() => page().appointment?.position);
    document.title = `${text.browserTitle} – ${strings.appointment.title}`;
    onDispose(keepAwake());
    this.speak(() => text.status[status()]({ name }));
    this.speak(() => (position() === undefined ? "" : text.place({ count: Math.max(0, (position() ?? 1) - 1) })));
    return html`
      ${connectionBanner(live, { reconnecting: text.lost, stopping: text.restarting })}
      <section class="prejoin-devices" aria-label=${strings.appointment.check.results}>
        ${new Preview(devices, meter)}
        ${deviceProblems(devices)}
        ${deviceFields(devices, ["microphone", "camera", "speaker"])}
      </section>
      <section class="prejoin-form waiting-card" aria-labelledby="waiting-title">
        ${personHeader(this.appointment)}
        <h1 id="waiting-title" tabindex="-1" ref=${focusLater}>${text.heading}</h1>
        ${whenLine(this.appointment)}
        <dl class="waiting-facts">
          <div data-status=${status}><dt class="visually-hidden">${text.statusLabel}</dt><dd><span class="dot" aria-hidden="true"></span>${() => text.status[status()]({ name })}</dd></div>
          <div><dt class="visually-hidden">${text.timeLabel}</dt><dd><span role="timer" aria-live="off">${() => this.timeLeft()}</span></dd></div>
          ${() => (position() === undefined ? null : html`<div><dt class="visually-hidden">${text.placeLabel}</dt><dd>${text.place({ count: Math.max(0, (position() ?? 1) - 1) })}</dd></div>`)}
        </dl>
        <p>${text.told({ name })} ${text.stay}</p>
        <div class="actions"><button type="button" class="button quiet" @click=${() => void this.appointment.leaveQueue()}>${text.leave}</button></div>
      </section>`;
  }

  private timeLeft(): string {
    const { page, now } = this.appointment;
    const { appointment } = page();
    if (!appointment) return "";
    const left = until(page(), appointment.start, now());
    return left > 0 ? strings.appointment.waiting.begins({ length: remainingTime(remaining(left)) }) : strings.appointment.waiting.late;
  }

  /** Says what changes; what is there at first is read with the page. */
  private speak(sentence: () => string): void {
    let first = true;
    effect(() => {
      const now = sentence();
      untracked(() => {
        if (!first && now) announcer.say(now);
        first = false;
      });
    });
  }
}

/** When the appointment is, in the reader's own zone. */
export function whenLine({ page }: AppointmentPage): Node {
  return html`<p class="link-when">${() => {
    const slot = page().appointment;
    return slot ? html`${written(span(slot, ownZone), slot.start)} <small>${zoneName(ownZone, slot.start)}</small>` : null;
  }}</p>`;
}

customElements.define("parley-waiting", WaitingView);
