// SPDX-License-Identifier: Apache-2.0

import { meetingCode } from "../protocol/messages";
import { MeetingPage } from "./meeting-page";
import { Over } from "./over";
import { later } from "./strings";
import { recallAppointment, takeOver } from "./tab-memory";
import { Toasts } from "./toasts";

function open(): void {
  const code = meetingCode(location.pathname);
  if (!code) return document.querySelector("main")?.replaceChildren(new Over("unknown", () => undefined));
  // The call of an appointment belongs to its page, which knows when it is over.
  const appointment = recallAppointment(code);
  if (appointment) return location.replace(`/appointment?token=${encodeURIComponent(appointment)}`);
  const handedOver = takeOver(code);
  const page = new MeetingPage(handedOver ? { code, alone: handedOver.alone } : { code });
  if (handedOver) void page.enter(handedOver.name);
  else void page.open();
  // Whoever shows the meeting in a frame speaks with it.
  if (window.parent !== window) void later(() => import("./embedded")).then(({ Embedded }) => new Embedded(page));
}

document.body.append(new Toasts());
open();
