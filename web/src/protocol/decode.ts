// SPDX-License-Identifier: Apache-2.0

import { DecodeError, Decoder, flag, list, map, Members, number, oneOf, orNull, text } from "./decoders";
import {
  Candidate,
  ChatFile,
  ChatMessage,
  ChatReply,
  FileLimits,
  Forwarding,
  IceServer,
  JoinReply,
  LobbyLine,
  MediaAnswer,
  MediaConnectionID,
  MediaSectionID,
  MediaSource,
  mediaSources,
  MediaState,
  MediaTrack,
  MeetingRole,
  meetingRoles,
  MeetingRules,
  PageID,
  Participant,
  ParticipantID,
  Poll,
  RaisedHand,
  Recording,
  Reaction,
  Reactions,
  reactions,
  Refusal,
  refusalCodes,
  ServerEvent,
  SessionDescription,
  SignalData,
  Voter,
  Waiting,
  WaitReply,
} from "./messages";

const participantID = text as Decoder<ParticipantID>;
const pageID = text as Decoder<PageID>;

const role: Decoder<MeetingRole> = oneOf(...meetingRoles);
const reaction: Decoder<Reaction> = oneOf(...reactions);

const mediaState: Decoder<MediaState> = (value, field) => {
  const members = new Members(value, field);
  return {
    microphone: members.get("microphone", flag),
    camera: members.get("camera", flag),
    screen: members.get("screen", flag),
    screenStream: members.get("screenStream", orNull(text)),
  };
};

const participant: Decoder<Participant> = (value, field) => {
  const members = new Members(value, field);
  return {
    id: members.get("id", participantID),
    name: members.get("name", text),
    page: members.get("page", pageID),
    connected: members.get("connected", flag),
    media: members.get("media", mediaState),
    joinedAt: members.get("joinedAt", number),
    ...(members.has("guest") ? { guest: members.get("guest", flag) } : {}),
    ...(members.has("role") ? { role: members.get("role", role) } : {}),
  };
};

const reactionsOf: Decoder<Reactions> = (value, field) => {
  const members = new Members(value, field);
  const known = reactions.filter((each) => members.has(each));
  return Object.fromEntries(known.map((each) => [each, members.get(each, list(participantID))]));
};

const chatFile: Decoder<ChatFile> = (value, field) => {
  const members = new Members(value, field);
  return {
    id: members.get("id", text),
    name: members.get("name", text),
    type: members.get("type", text),
    size: members.get("size", number),
    expiresAt: members.get("expiresAt", number),
  };
};

const fileLimits: Decoder<FileLimits> = (value, field) => {
  const members = new Members(value, field);
  return { size: members.get("size", number), part: members.get("part", number) };
};

const chatMessage: Decoder<ChatMessage> = (value, field) => {
  const members = new Members(value, field);
  return {
    seq: members.get("seq", number),
    id: members.get("id", text),
    from: members.get("from", participantID),
    name: members.get("name", text),
    text: members.get("text", text),
    sentAt: members.get("sentAt", number),
    ...(members.has("to") ? { to: members.get("to", participantID) } : {}),
    ...(members.has("reply") ? { reply: members.get("reply", number) } : {}),
    ...(members.has("file") ? { file: members.get("file", chatFile) } : {}),
    ...(members.has("changed") ? { changed: members.get("changed", number) } : {}),
    ...(members.has("deleted") ? { deleted: members.get("deleted", flag) } : {}),
    ...(members.has("reactions") ? { reactions: members.get("reactions", reactionsOf) } : {}),
  };
};

const meetingRules: Decoder<MeetingRules> = (value, field) => {
  const members = new Members(value, field);
  return {
    locked: members.get("locked", flag),
    lobby: members.get("lobby", flag),
    microphone: members.get("microphone", flag),
    camera: members.get("camera", flag),
    screen: members.get("screen", flag),
    chat: members.get("chat", flag),
    polls: members.has("polls") ? members.get("polls", flag) : true,
  };
};

const raisedHand: Decoder<RaisedHand> = (value, field) => {
  const members = new Members(value, field);
  return { participant: members.get("participant", participantID), since: members.get("since", number) };
};

const recording: Decoder<Recording> = (value, field) => {
  const members = new Members(value, field);
  return { by: members.get("by", text), since: members.get("since", number) };
};

const waiting: Decoder<Waiting> = (value, field) => {
  const members = new Members(value, field);
  return { id: members.get("id", participantID), name: members.get("name", text), since: members.get("since", number) };
};

const voter: Decoder<Voter> = (value, field) => {
  const members = new Members(value, field);
  return { id: members.get("id", participantID), name: members.get("name", text) };
};

const poll: Decoder<Poll> = (value, field) => {
  const members = new Members(value, field);
  return {
    id: members.get("id", text),
    question: members.get("question", text),
    options: members.get("options", list(text)),
    secret: members.get("secret", flag),
    several: members.get("several", flag),
    by: members.get("by", participantID),
    name: members.get("name", text),
    openedAt: members.get("openedAt", number),
    closed: members.get("closed", flag),
    voted: members.get("voted", number),
    ...(members.has("votes") ? { votes: members.get("votes", list(number)) } : {}),
    ...(members.has("voters") ? { voters: members.get("voters", list(list(voter))) } : {}),
    ...(members.has("own") ? { own: members.get("own", list(number)) } : {}),
  };
};

const lobbyLine: Decoder<LobbyLine> = (value, field) => {
  const members = new Members(value, field);
  return {
    waiting: members.get("waiting", participantID),
    text: members.get("text", text),
    sentAt: members.get("sentAt", number),
    ...(members.has("host") ? { host: members.get("host", voter) } : {}),
  };
};

const description: Decoder<SessionDescription> = (value, field) => {
  const members = new Members(value, field);
  return {
    type: members.get("type", oneOf("offer", "answer", "pranswer", "rollback")),
    sdp: members.get("sdp", (sdp, name) => (sdp === undefined ? "" : text(sdp, name))),
  };
};

const candidate: Decoder<Candidate> = (value, field) => {
  const members = new Members(value, field);
  return {
    candidate: members.get("candidate", text),
    sdpMid: members.get("sdpMid", orNull(text)),
    sdpMLineIndex: members.get("sdpMLineIndex", orNull(number)),
    usernameFragment: members.get("usernameFragment", orNull(text)),
  };
};

const signalData: Decoder<SignalData> = (value, field) => {
  const members = new Members(value, field);
  if (members.has("description")) return { description: members.get("description", description) };
  if (members.has("candidate")) return { candidate: members.get("candidate", orNull(candidate)) };
  if (members.has("call")) return { call: true };
  if (members.has("renew")) return { renew: members.get("renew", text) };
  throw new DecodeError(field, "a description or a candidate");
};

const iceServer: Decoder<IceServer> = (value, field) => {
  const members = new Members(value, field);
  return {
    urls: members.get("urls", (urls, name) => (typeof urls === "string" ? [urls] : list(text)(urls, name))),
    ...(members.has("username") ? { username: members.get("username", text) } : {}),
    ...(members.has("credential") ? { credential: members.get("credential", text) } : {}),
  };
};

const mediaSource: Decoder<MediaSource> = oneOf(...mediaSources);

const mediaTrack: Decoder<MediaTrack> = (value, field) => {
  const members = new Members(value, field);
  return { participant: members.get("participant", participantID), source: members.get("source", mediaSource) };
};

const forwarding: Decoder<Forwarding> = (value, field) => {
  const members = new Members(value, field);
  return { audioSlots: members.get("audioSlots", number), videoSlots: members.get("videoSlots", number) };
};

const bySection = <T>(decode: Decoder<T>): Decoder<Record<MediaSectionID, T>> => map(decode);

const endReasons = ["lost", "handshake-failed", "overloaded", "stopped"] as const;

const decodeEvent: { readonly [Type in ServerEvent["type"]]: (payload: Members) => Extract<ServerEvent, { type: Type }> } = {
  "participant-joined": (payload) => ({
    type: "participant-joined",
    participant: payload.get("participant", participant),
  }),
  "participant-left": (payload) => ({
    type: "participant-left",
    id: payload.get("id", participantID),
    reason: payload.get("reason", oneOf("left", "lost", "removed")),
  }),
  "participant-connection": (payload) => ({
    type: "participant-connection",
    id: payload.get("id", participantID),
    connected: payload.get("connected", flag),
  }),
  "media-changed": (payload) => ({
    type: "media-changed",
    id: payload.get("id", participantID),
    media: payload.get("media", mediaState),
  }),
  chat: (payload) => ({ type: "chat", message: payload.get("message", chatMessage) }),
  signal: (payload) => ({
    type: "signal",
    from: payload.get("from", participantID),
    page: payload.get("page", pageID),
    data: payload.get("data", signalData),
  }),
  slots: (payload) => ({ type: "slots", slots: payload.get("slots", bySection(orNull(mediaTrack))) }),
  speakers: (payload) => ({
    type: "speakers",
    dominant: payload.get("dominant", orNull(participantID)),
    speaking: payload.get("speaking", list(participantID)),
  }),
  layers: (payload) => ({ type: "layers", tracks: payload.get("tracks", bySection(list(text))) }),
  muted: (payload) => ({ type: "muted", source: payload.get("source", mediaSource), by: payload.get("by", participantID) }),
  "media-ended": (payload) => {
    const reason = payload.get("reason", text);
    return {
      type: "media-ended",
      connection: payload.get("connection", text as Decoder<MediaConnectionID>),
      reason: endReasons.find((each) => each === reason) ?? "unknown",
      message: payload.get("message", orNull(text)) ?? "",
    };
  },
  "media-load": (payload) => ({ type: "media-load", load: payload.get("load", oneOf("normal", "reduced", "sound-only")) }),
  "chat-changed": (payload) => ({
    type: "chat-changed",
    seq: payload.get("seq", number),
    changed: payload.get("changed", number),
    deleted: payload.get("deleted", flag),
    reactions: payload.get("reactions", reactionsOf),
  }),
  hands: (payload) => ({ type: "hands", hands: payload.get("hands", list(raisedHand)) }),
  reaction: (payload) => ({
    type: "reaction",
    participant: payload.get("participant", participantID),
    reaction: payload.get("reaction", reaction),
  }),
  "role-changed": (payload) => ({
    type: "role-changed",
    id: payload.get("id", participantID),
    role: payload.get("role", role),
    by: payload.get("by", participantID),
  }),
  "rules-changed": (payload) => ({
    type: "rules-changed",
    rules: payload.get("rules", meetingRules),
    by: payload.get("by", participantID),
  }),
  lobby: (payload) => ({ type: "lobby", waiting: payload.get("waiting", list(waiting)) }),
  admitted: () => ({ type: "admitted" }),
  denied: () => ({ type: "denied" }),
  removed: () => ({ type: "removed" }),
  spotlight: (payload) => ({ type: "spotlight", participant: payload.get("participant", orNull(participantID)) }),
  recording: (payload) => ({ type: "recording", recording: payload.get("recording", orNull(recording)) }),
  poll: (payload) => ({ type: "poll", poll: payload.get("poll", poll) }),
  "poll-deleted": (payload) => ({ type: "poll-deleted", poll: payload.get("poll", text) }),
  "lobby-chat": (payload) => ({ type: "lobby-chat", line: payload.get("line", lobbyLine) }),
  replaced: () => ({ type: "replaced" }),
  ended: (payload) => ({ type: "ended", reason: payload.get("reason", text) }),
  stopping: () => ({ type: "stopping" }),
};

export const serverEventTypes = Object.keys(decodeEvent) as readonly ServerEvent["type"][];

/** The event the server named `type`. Throws {@link DecodeError}. */
export function decodeServerEvent(type: ServerEvent["type"], payload: unknown): ServerEvent {
  return decodeEvent[type](new Members(payload ?? {}, type));
}

/** Throws {@link DecodeError}. */
export function decodeJoinReply(value: unknown): JoinReply | WaitReply {
  const reply = new Members(value, "join");
  if (reply.has("waiting")) {
    const place = reply.get("waiting", (place, field) => new Members(place, field));
    const chat = place.has("chat") ? { chat: place.get("chat", list(lobbyLine)) } : {};
    return { waiting: { seat: place.get("seat", text), ...chat } };
  }
  const chat = reply.get("chat", (chat, field) => new Members(chat, field));
  return {
    self: reply.get("self", participant),
    role: reply.get("role", role),
    seat: reply.get("seat", text),
    server: reply.get("server", text),
    capacity: reply.get("capacity", number),
    participants: reply.get("participants", list(participant)),
    chat: { messages: chat.get("messages", list(chatMessage)), complete: chat.get("complete", flag) },
    iceServers: reply.get("iceServers", list(iceServer)),
    forwarding: reply.get("forwarding", orNull(forwarding)),
    rules: reply.get("rules", meetingRules),
    hands: reply.get("hands", list(raisedHand)),
    spotlight: reply.get("spotlight", orNull(participantID)),
    ...(reply.has("recording") ? { recording: reply.get("recording", recording) } : {}),
    ...(reply.has("lobby") ? { lobby: reply.get("lobby", list(waiting)) } : {}),
    ...(reply.has("files") ? { files: reply.get("files", fileLimits) } : {}),
    ...(reply.has("polls") ? { polls: reply.get("polls", list(poll)) } : {}),
    ...(reply.has("lobbyChat") ? { lobbyChat: reply.get("lobbyChat", list(lobbyLine)) } : {}),
  };
}

/** Throws {@link DecodeError}. */
export function decodeChatReply(value: unknown): ChatReply {
  const reply = new Members(value, "chat");
  return { seq: reply.get("seq", number), sentAt: reply.get("sentAt", number) };
}

/** Throws {@link DecodeError}. */
export function decodeMediaAnswer(value: unknown): MediaAnswer {
  return { answer: new Members(value, "answer").get("answer", text) };
}

/** Throws the {@link Refusal} in `value`, if it is one. */
export function throwIfRefused(value: unknown): void {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "refused")) return;
  const reply = new Members(value, "reply");
  const code = reply.get("refused", text);
  throw new Refusal(refusalCodes.find((each) => each === code) ?? "unknown", reply.get("message", text));
}
