// SPDX-License-Identifier: Apache-2.0

import { compile, Source } from "../core/catalogue";
import { brand } from "./brand";

/**
 * Everything the pages say, in the language of the page.
 *
 * The texts lie in web/locales, one file per language; `scripts/catalogues` makes the type from the English one.
 * A page loads only the sections that its scripts name here (`strings.chat`), before the scripts themselves: see
 * `scripts/bundle-web`. Sections that only a script fetched later names come with {@link later}.
 */
export const strings = {} as Catalogue;

declare global {
  // eslint-disable-next-line no-var
  var parleyTexts: Record<string, Source> | undefined;
}

/** The language of the texts, as in the page's `lang`. */
export const language: string = globalThis.document?.documentElement.lang || "en";

/** Takes over what the page's catalogue scripts have left. */
function take(): void {
  const rightToLeft = globalThis.document?.documentElement.dir === "rtl";
  for (const [section, source] of Object.entries(globalThis.parleyTexts ?? {})) {
    if (!(section in strings)) Object.assign(strings, { [section]: compile(source, language, rightToLeft, { product: brand.name }) });
  }
}

take();

/** Fetches a script, `later(() => import("./room"))`, and before it the texts that such scripts name. */
export async function later<Module>(load: () => Promise<Module>): Promise<Module> {
  const address = globalThis.document?.querySelector<HTMLMetaElement>("meta[name=later-texts]")?.content;
  if (address) await import(address);
  take();
  return load();
}

/** The text of a group for a key that may have none. */
export function textFor(group: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(group, key) ? group[key] : undefined;
}
