// SPDX-License-Identifier: Apache-2.0

import { meetingCode } from "../protocol/messages";
import { MeetingPage } from "./meeting-page";
import { Over } from "./over";
import { recallAppointment, takeOver } from "./tab-memory";
import { Toasts } from "./toasts";

function open(): void {
  const code = meetingCode(location.pathname);
  if (!code) return document.querySelector("main")?.replaceChildren(new Over("unknown", () => undefined));
  // The call of an appointment belongs to its page, which knows when it is over.
  const appointment = recallAppointment(code);
  if (appointment) return location.replace(`/appointment?token=${encodeURIComponent(appointment)}`);
  const handedOver = takeOver(code);
  if (handedOver) void new MeetingPage({ code, alone: handedOver.alone }).enter(handedOver.name);
  else void new MeetingPage({ code }).open();
}

document.body.append(new Toasts());
open();
