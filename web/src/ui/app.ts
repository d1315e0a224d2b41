// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { signal } from "../core/signal";
import { icon } from "./icon";
import downloadIcon from "./icons/download.svg";
import { strings } from "./strings";

/** Chromium's offer to install a page as an app; others have none. */
interface InstallOffer extends Event {
  prompt(): Promise<{ readonly outcome: "accepted" | "dismissed" }>;
}

/**
 * Lets the page be installed, and a page of ours be shown where the server cannot be reached: `worker/worker.ts`.
 * Browsers refuse where they do not trust the certificate, and then all is as it was.
 */
export function becomeApp(): void {
  navigator.serviceWorker?.register("/sw.js").catch(() => undefined);
}

/** The browser offers to install us as an app only where it trusts the certificate, and not twice. */
export function installButton(): () => Child {
  const offer = signal<InstallOffer | undefined>(undefined);
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer.set(event as InstallOffer);
  });
  addEventListener("appinstalled", () => offer.set(undefined));
  const install = async (): Promise<void> => {
    await offer.peek()?.prompt().catch(() => undefined);
    // An offer is good for one question.
    offer.set(undefined);
  };
  return () => (offer() ? html`
    <button type="button" class="button quiet" @click=${() => void install()}>${icon(downloadIcon)} ${strings.home.install}</button>` : null);
}
