// SPDX-License-Identifier: Apache-2.0

import { Keys, keysFrom, Named } from "./key-actions";
import { settings } from "./settings";

/** The keys that the person has chosen. */
export const ownKeys = (): Keys => keysFrom(settings().keys);

/** How a key is named: as it is written on it. */
export function keyName(key: string): string {
  return key.toUpperCase();
}

/** A control's name and its key, for its tooltip. Reads signals. */
export function withKeyHint(label: string, action: Named): string {
  const keys = ownKeys();
  return settings().singleKeys && keys[action] !== "" ? `${label} (${keyName(keys[action])})` : label;
}
