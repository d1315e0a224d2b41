// SPDX-License-Identifier: Apache-2.0

/** Puts `text` on the clipboard. Without a secure context there is none. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
