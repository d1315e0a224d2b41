// SPDX-License-Identifier: Apache-2.0

/** Storage may be full, switched off or filled by hand: then the page works without memory. */
export function read<T>(storage: Storage, key: string): T | undefined {
  try {
    return JSON.parse(storage.getItem(`parley.${key}`) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

export function write(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === undefined) storage.removeItem(`parley.${key}`);
    else storage.setItem(`parley.${key}`, JSON.stringify(value));
  } catch {
    // See `read`.
  }
}
