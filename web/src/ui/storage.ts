// SPDX-License-Identifier: Apache-2.0

type Place = "localStorage" | "sessionStorage";

/**
 * Storage may be full, switched off, filled by hand, or kept from frames in other sites' pages, where even naming it
 * throws: then the page works without memory.
 */
export function read<T>(place: Place, key: string): T | undefined {
  try {
    return JSON.parse(globalThis[place].getItem(`parley.${key}`) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

export function write(place: Place, key: string, value: unknown): void {
  try {
    const storage = globalThis[place];
    if (value === undefined) storage.removeItem(`parley.${key}`);
    else storage.setItem(`parley.${key}`, JSON.stringify(value));
  } catch {
    // See `read`.
  }
}
