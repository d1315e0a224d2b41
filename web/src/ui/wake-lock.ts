// SPDX-License-Identifier: Apache-2.0

/** Keeps the screen on where the browser can. The lock is lost whenever the page is hidden, so it is asked for again. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let ended = false;
  const ask = async (): Promise<void> => {
    if (document.visibilityState !== "visible") return;
    // Refused when the battery is low, for example.
    const granted = await navigator.wakeLock?.request("screen").catch(() => undefined);
    if (ended) void granted?.release();
    else lock = granted;
  };
  const asked = (): void => void ask();
  document.addEventListener("visibilitychange", asked);
  asked();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", asked);
    void lock?.release();
  };
}
