// SPDX-License-Identifier: Apache-2.0

/**
 * Makes a toolbar one tab stop whose buttons are reached with arrow keys, Home and End (ARIA toolbar pattern).
 * Buttons may come and go; the one used last keeps the stop.
 */
export function moveWithArrows(toolbar: HTMLElement): () => void {
  const buttons = (): HTMLElement[] => {
    const all = [...toolbar.querySelectorAll<HTMLElement>("button:not(.popover button)")];
    return all.filter((button) => button.offsetParent !== null);
  };
  const stop = (chosen: HTMLElement | undefined): void => {
    for (const button of toolbar.querySelectorAll<HTMLElement>("button:not(.popover button)")) {
      button.tabIndex = button === chosen ? 0 : -1;
    }
  };
  const tidy = (): void => {
    const all = buttons();
    stop(all.find((button) => button.tabIndex === 0 && button.hasAttribute("tabindex")) ?? defaultStop(all));
  };
  const focused = (event: Event): void => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("button");
    if (button && buttons().includes(button)) stop(button);
  };
  const key = (event: KeyboardEvent): void => {
    const all = buttons();
    const at = all.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    const forward = getComputedStyle(toolbar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backward = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const step = new Map([[forward, at + 1], [backward, at - 1], ["Home", 0], ["End", all.length - 1]]);
    const next = step.get(event.key);
    if (next === undefined) return;
    event.preventDefault();
    all[(next + all.length) % all.length]?.focus();
  };
  const observer = new MutationObserver(tidy);
  observer.observe(toolbar, { childList: true, subtree: true });
  window.addEventListener("resize", tidy);
  toolbar.addEventListener("focusin", focused);
  toolbar.addEventListener("keydown", key);
  queueMicrotask(tidy);
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", tidy);
    toolbar.removeEventListener("focusin", focused);
    toolbar.removeEventListener("keydown", key);
  };
}

/** The microphone: what is reached for most. */
function defaultStop(buttons: readonly HTMLElement[]): HTMLElement | undefined {
  return buttons.find((button) => button.dataset["control"] === "microphone") ?? buttons[0];
}
