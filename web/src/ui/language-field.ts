// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { language, strings } from "./strings";

/** Where the server looks for a person's choice: StaticSite.languageCookie. */
const cookie = "parley-language";
const year = 31_536_000;

/** The language of the pages. Another one means another page, so it is loaded anew; a meeting goes on by itself. */
export function languageField(): DocumentFragment {
  const tags = (document.documentElement.dataset["languages"] ?? language).split(" ");
  const choose = (event: Event): void => {
    document.cookie = `${cookie}=${(event.target as HTMLSelectElement).value}; Path=/; Max-Age=${year}; SameSite=Lax`;
    const address = new URL(location.href);
    address.searchParams.delete("lang");
    if (address.href === location.href) location.reload();
    else location.replace(address);
  };
  return html`
    <label class="language"><span>${strings.common.language}</span>
      <select @change=${choose}>
        ${tags.map((tag) => html`<option value=${tag} lang=${tag} .selected=${tag === language}>${ownName(tag)}</option>`)}
      </select></label>`;
}

/** A language as those call it who speak it. */
function ownName(tag: string): string {
  const name = new Intl.DisplayNames(tag, { type: "language" }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}
