// SPDX-License-Identifier: Apache-2.0

import { MediaSource, MeetingRole, meetingRoles, MeetingRules, ParticipantID, Poll } from "../protocol/messages";
import type { ChatLine, RoomState } from "./room";

// Who may do what, as the server sees it: the interface offers nothing that it would refuse.

export function rank(role: MeetingRole | undefined): number {
  return meetingRoles.indexOf(role ?? "participant");
}

/** Whether the role looks after the meeting. */
export function isHosting(role: MeetingRole | undefined): boolean {
  return rank(role) >= rank("co-host");
}

export function roleOf(room: RoomState, id: ParticipantID): MeetingRole {
  return (id === room.self?.id ? room.role : room.people.get(id)?.role) ?? "participant";
}

/** Whether we may switch somebody's media off. */
export function mayMute(room: RoomState, id: ParticipantID): boolean {
  const person = room.people.get(id);
  return person !== undefined && person.guest !== true && isHosting(room.role) && rank(person.role) <= rank(room.role);
}

/** Whether we may remove somebody. */
export function mayRemove(room: RoomState, id: ParticipantID): boolean {
  const person = room.people.get(id);
  return person !== undefined && person.guest !== true && isHosting(room.role) && rank(person.role) < rank(room.role);
}

/** What we may make of somebody: nothing when we may not, and never what they are already. */
export function rolesFor(room: RoomState, id: ParticipantID): readonly MeetingRole[] {
  const person = room.people.get(id);
  if (!person || !isHosting(room.role) || rank(person.role) >= rank(room.role)) return [];
  return meetingRoles.filter((role) => rank(role) < rank(room.role) && role !== (person.role ?? "participant"));
}

/** Whether rules and role let us send this. */
export function maySend({ rules, role }: Pick<RoomState, "rules" | "role">, source: MediaSource): boolean {
  if (isHosting(role)) return true;
  return role !== "viewer" && rules[source === "screenSound" ? "screen" : source];
}

/** Whether we may write to everybody, or to somebody alone. */
export function mayWrite(room: RoomState, to?: ParticipantID): boolean {
  return room.rules.chat || isHosting(room.role) || (to !== undefined && isHosting(room.people.get(to)?.role));
}

export function mayDelete(room: RoomState, line: ChatLine): boolean {
  if (line.seq === undefined || line.deleted) return false;
  if (line.from === room.self?.id) return true;
  const author = room.people.get(line.from);
  return isHosting(room.role) && (!author || rank(author.role) < rank(room.role));
}

/** Whether we may ask everybody something. */
export function mayAsk({ rules, role }: Pick<RoomState, "rules" | "role">): boolean {
  return isHosting(role) || (rules.polls && role !== "viewer");
}

/** Whether we may close and delete a poll. */
export function mayClose(room: RoomState, poll: Pick<Poll, "by">): boolean {
  return isHosting(room.role) || poll.by === room.self?.id;
}

/** Everybody's place in the queue of raised hands, from 1. */
export function handPlaces(room: Pick<RoomState, "hands">): ReadonlyMap<ParticipantID, number> {
  return new Map(room.hands.map(({ participant }, index) => [participant, index + 1]));
}

/** Sources that some rule or role now forbids us. */
export function forbidden(room: Pick<RoomState, "rules" | "role">): readonly MediaSource[] {
  return (["microphone", "camera", "screen"] as const).filter((source) => !maySend(room, source));
}

export const openRules: MeetingRules = { locked: false, lobby: false, microphone: true, camera: true, screen: true, chat: true, polls: true };
