// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { effect, untracked } from "../core/signal";
import { View } from "../core/view";
import { Reaction, reactions } from "../protocol/messages";
import { announcer } from "./announcer";
import type { Call } from "./call";
import { reactionPicture } from "./reactions";
import { settings } from "./settings";
import { strings } from "./strings";

/**
 * A row of reactions to choose from. A click leaves it open, for those who clap more than once; the numbers 1 to 6
 * choose, too, and close it. Arrow keys go along the row.
 */
export function reactionRow(call: Call, done: () => void): Node {
  const text = strings.reacting;
  const key = (event: KeyboardEvent): void => {
    const row = event.currentTarget as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const chosen = reactions[Number(event.key) - 1];
    if (chosen) {
      event.preventDefault();
      call.meeting.react(chosen);
      return done();
    }
    const buttons = [...row.querySelectorAll<HTMLElement>("button")];
    const forward = getComputedStyle(row).direction === "rtl" ? -1 : 1;
    const step = event.key === "ArrowRight" ? forward : event.key === "ArrowLeft" ? -forward : 0;
    if (step === 0) return;
    event.preventDefault();
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  return html`
    <div class="reaction-row" role="group" aria-label=${text.choose} @keydown=${key}>
      ${reactions.map((reaction, index) => html`
        <button type="button" aria-label=${strings.reactions[reaction]} title=${`${strings.reactions[reaction]} (${index + 1})`}
          @click=${() => call.meeting.react(reaction)}>${reactionPicture(reaction)}</button>`)}
    </div>`;
}

/** Reactions of everybody, rising over the stage with the names of who sent them, also of those no page shows. */
export class ReactionShower extends View {
  private announced = 0;

  constructor(private readonly call: Call) {
    super();
    this.className = "shower";
  }

  protected render(): Node {
    const { room } = this.call.meeting;
    this.setAttribute("aria-hidden", "true");
    this.announced = room.peek().reactions.at(-1)?.number ?? 0;
    effect(() => {
      const shown = room().reactions;
      untracked(() => {
        for (const each of shown) if (each.number > this.announced) this.say(each.participant, each.reaction);
        this.announced = shown.at(-1)?.number ?? this.announced;
      });
    });
    effect(() => this.toggleAttribute("data-dense", room().reactions.length > crowd));
    return html`${each(() => room().reactions, ({ number }) => number, (shown) => {
      const { number, participant, reaction } = shown.peek();
      const lane = (element: Element): void => (element as HTMLElement).style.setProperty("--lane", String(laneOf(number)));
      return html`
        <p class="risen" ref=${lane}><span class="risen-picture">${reactionPicture(reaction)}</span>
          <span class="risen-name">${this.call.shortNameOf(participant)}</span></p>`;
    })}`;
  }

  /** For those who want to hear it. */
  private say(participant: Parameters<Call["shortNameOf"]>[0], reaction: Reaction): void {
    const { self } = this.call.meeting.room.peek();
    if (participant === self?.id || settings.peek().unsaid.includes("reactions")) return;
    announcer.say(strings.reacting.said({ name: this.call.shortNameOf(participant), reaction: strings.reactions[reaction] }));
  }
}

/** When a hall claps, nobody could read all the names. */
const crowd = 8;

/** Neighbours in time are far from each other on the screen. */
function laneOf(number: number): number {
  return (number * 3) % 7;
}

customElements.define("parley-shower", ReactionShower);
