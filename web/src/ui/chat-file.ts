// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { signal } from "../core/signal";
import { fileAddress } from "../protocol/upload";
import type { ChatFile } from "../protocol/messages";
import { icon } from "./icon";
import downloadIcon from "./icons/download.svg";
import fileIcon from "./icons/file.svg";
import { strings } from "./strings";
import { byteSize } from "./words";

/** A file in a message: a picture in small, anything else with its name. The server lets nothing else be shown. */
export function fileView(file: ChatFile): Child {
  const { name, type, size, expiresAt } = file;
  const text = strings.files;
  const missing = signal(expiresAt <= Date.now());
  const address = fileAddress(file);
  return () => {
    if (missing()) return html`<p class="file gone">${icon(fileIcon)} <span><bdi>${name}</bdi><small>${text.expired}</small></span></p>`;
    if (!type.startsWith("image/")) return download();
    return html`
      <a class="picture" href=${address} target="_blank" rel="noopener noreferrer" title=${name}>
        <img src=${address} alt=${text.picture({ name })} loading="lazy" decoding="async" @error=${() => missing.set(true)}></a>`;
  };

  function download(): Child {
    return html`
      <a class="file" href=${address} download=${name} aria-label=${text.download({ name, size: byteSize(size) })}>
        ${icon(fileIcon)} <span><bdi>${name}</bdi><small>${byteSize(size)}</small></span> ${icon(downloadIcon)}</a>`;
  }
}
