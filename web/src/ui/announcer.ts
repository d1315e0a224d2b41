// SPDX-License-Identifier: Apache-2.0

/** Announcements within this time are read as one. */
const pause = 700;

/**
 * Speaks to screen readers through two regions that are on the page from the start: readers notice a change only in
 * a region they already know. What comes in a burst is merged into one sentence.
 */
class Announcer {
  private readonly waiting: Record<"polite" | "assertive", string[]> = { polite: [], assertive: [] };

  say(text: string, urgency: "polite" | "assertive" = "polite"): void {
    const queue = this.waiting[urgency];
    if (queue.includes(text)) return;
    queue.push(text);
    if (queue.length === 1) setTimeout(() => this.speak(urgency), pause);
  }

  private speak(urgency: "polite" | "assertive"): void {
    // An open dialog makes all outside of it silent.
    const within = document.querySelector(`dialog[open] [data-announce]`);
    const region = within ?? document.getElementById(`announce-${urgency}`);
    const text = this.waiting[urgency].splice(0).join(". ");
    if (!region) return;
    // The same sentence twice would not be a change.
    region.textContent = region.textContent === text ? `${text}\u00a0` : text;
  }
}

export const announcer = new Announcer();
