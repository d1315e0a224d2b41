// SPDX-License-Identifier: Apache-2.0

import { Child, html } from "../core/html";
import { isHosting, mayMute, mayRemove, rolesFor } from "../model/hosting";
import type { MeetingRole, ParticipantID } from "../protocol/messages";
import { confirmed } from "./ask";
import type { Call } from "./call";
import cameraOffIcon from "./icons/camera-off.svg";
import handIcon from "./icons/hand.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import peopleIcon from "./icons/people.svg";
import personIcon from "./icons/person.svg";
import removeIcon from "./icons/remove.svg";
import shareStopIcon from "./icons/share-stop.svg";
import shieldIcon from "./icons/shield.svg";
import spotlightIcon from "./icons/spotlight.svg";
import { strings } from "./strings";

/** One line of a menu: its drawing, its words, and what it does. */
export type MenuLine = readonly [drawing: string, label: string, act: () => void, dangerous?: boolean];

const roleIcons: Readonly<Record<MeetingRole, string>> = {
  viewer: personIcon,
  participant: peopleIcon,
  "co-host": shieldIcon,
  host: shieldIcon,
};

const mutes = [["microphone", microphoneOffIcon], ["camera", cameraOffIcon], ["screen", shareStopIcon]] as const;

/** What the rules of the meeting let us do with somebody: nothing that the server would refuse. Reads signals. */
export function hostActions(call: Call, id: ParticipantID): readonly MenuLine[] {
  const { meeting } = call;
  const room = meeting.room();
  const text = strings.hosting;
  if (!isHosting(room.role)) return [];
  const own = id === room.self?.id;
  const person = own ? room.self : room.people.get(id);
  if (!person) return [];
  const lines: MenuLine[] = [];
  const spotlit = room.spotlight === id;
  lines.push([spotlightIcon, spotlit ? text.spotlightEnd : text.spotlight, () => meeting.host.spotlight(spotlit ? null : id)]);
  if (own) return lines;
  for (const [source, drawing] of mutes) {
    if (person.media[source] && mayMute(room, id)) lines.push([drawing, text.mute[source], () => meeting.host.mute(id, source)]);
  }
  if (call.hands().has(id)) lines.push([handIcon, text.lowerHand, () => meeting.host.lowerHands(id)]);
  for (const role of rolesFor(room, id)) lines.push([roleIcons[role], text.make[role], () => meeting.host.setRole(id, role)]);
  if (mayRemove(room, id)) lines.push([removeIcon, text.remove, () => void askToRemove(call, id, person.name), true]);
  return lines;
}

async function askToRemove(call: Call, id: ParticipantID, name: string): Promise<void> {
  const { removeConfirm, remove } = strings.hosting;
  if (await confirmed({ question: removeConfirm({ name }), yes: remove })) call.meeting.host.remove(id);
}

/** A role in a word, where it is worth one. */
export function roleName(role: MeetingRole | undefined): string {
  return role === undefined || role === "participant" ? "" : strings.hosting.roles[role];
}

/** What stands beside a name in small letters. */
export function notes(...parts: readonly string[]): Child {
  const said = parts.filter(Boolean);
  return said.length > 0 ? html`<small>${said.join(" · ")}</small>` : null;
}
