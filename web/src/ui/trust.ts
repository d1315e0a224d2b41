// SPDX-License-Identifier: Apache-2.0

import { api } from "../protocol/api";
import { browserOf, systemOf } from "./platform";
import { strings } from "./strings";

/** Opens the steps for this system first, and shows the fingerprint to compare. The page works without this. */
function openOwnSteps(): void {
  const { userAgent, maxTouchPoints } = navigator;
  const system = systemOf(userAgent, maxTouchPoints);
  const own = browserOf(userAgent) === "firefox" && system !== "android" && system !== "ios" ? "firefox" : system;
  const steps = document.querySelector<HTMLDetailsElement>(`[data-system="${own}"]`);
  if (!steps) return;
  steps.open = true;
  steps.parentElement?.prepend(steps);
}

async function showFingerprint(): Promise<void> {
  const server = await api.server().catch(() => undefined);
  const place = document.getElementById("fingerprint");
  if (place) place.textContent = server?.fingerprint ?? strings.trust.noFingerprint;
  const note = document.getElementById("not-needed");
  if (!server || server.localAuthority || !note) return;
  note.textContent = strings.trust.unavailable;
  note.hidden = false;
  document.getElementById("needed")?.setAttribute("hidden", "");
}

openOwnSteps();
void showFingerprint();
