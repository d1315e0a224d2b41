// SPDX-License-Identifier: Apache-2.0

import { html } from "../core/html";
import type { AppointmentPage } from "./appointment";
import { colourOf, initials } from "./person";

/** Whom the appointment is with. */
export function personHeader({ page }: AppointmentPage): Node {
  const professional = page.peek().appointment?.professional;
  const name = professional?.name ?? "";
  return html`
    <div class="person-header">
      <span class="avatar" aria-hidden="true" data-colour=${colourOf(name)}>${initials(name)}</span>
      <p><strong>${name}</strong>${professional?.title ? html`<br><span class="person-title">${professional.title}</span>` : null}</p>
    </div>`;
}
