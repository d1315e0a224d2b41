// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import { brand } from "./brand";

/** The sign and the name of the service. */
export function brandMark(): Node {
  return html`<img src=${brand.logo} alt="" width="34" height="34"> <bdi>${brand.name}</bdi>`;
}
