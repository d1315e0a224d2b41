// SPDX-License-Identifier: Apache-2.0

import type { Route } from "../../media/route";
import type { LinkState, Quality } from "../../media/session";
import type { Notice } from "../../model/notices";
import type { Trouble } from "../../model/trouble";
import type { ChatRetention } from "../../protocol/api";
import type { MediaLoad, MediaSource, RefusalCode } from "../../protocol/messages";
import { problems } from "./en-problems";

const people = (count: number): string => (count === 1 ? "1 person" : `${count} people`);

const characters = (count: number): string => (count === 1 ? "1 character" : `${count} characters`);
const seconds = (count: number): string => (count === 1 ? "1 second" : `${count} seconds`);

/** Everything the first screens say in English. Another language is another file of the same shape. */
export const strings = {
  product: "Parley",
  people,

  home: {
    title: "Parley – video meetings on your own server",
    start: "Start a meeting",
    starting: "Starting…",
    chatKept: "Chat is kept",
    retention: {
      meeting: "until the meeting is over",
      day: "for a day",
      month: "for a month",
      none: "not at all",
    } as Readonly<Record<ChatRetention, string>>,
    joinLabel: "Meeting code or link",
    joinPlaceholder: "abc-defg-hij",
    join: "Join",
    notACode: "That is not a meeting code. A code looks like abc-defg-hij; you can also paste the whole link.",
    elsewhere: (host: string) => `That link leads to another server, ${host}. Open it in the address bar of your browser.`,
    noSuchMeeting: (code: string) => `There is no meeting ${code} on this server. Check the link with whoever sent it.`,
    recent: "Recent meetings",
    forget: (code: string) => `Remove ${code} from the list`,
    hosting: "Open meetings",
    hostingEmpty: "Nobody is meeting right now.",
    hostingProblem: "The list could not be loaded.",
    end: "End",
    endLabel: (code: string) => `End meeting ${code} for everybody`,
    endConfirm: (code: string) => `End meeting ${code}? Everybody in it is sent out and its chat is deleted.`,
    startedAgo: (minutes: number) => {
      if (minutes < 1) return "just started";
      return minutes < 60 ? `started ${Math.floor(minutes)} min ago` : `started ${Math.floor(minutes / 60)} h ago`;
    },
    restricted: "Only the host can start meetings on this server. Open the host link it printed when it started.",
    tooMany: "Too many meetings were started from here. Please wait a minute and try again.",
    trust: "Does your browser warn about this server?",
    trustLink: "Make it trusted",
    host: "You are the host of this server",
    dashboard: "Dashboard",
    account: "Account",
    firstAccount: "Create the first account",
  },

  ago: (milliseconds: number): string => {
    const minutes = Math.round(milliseconds / 60_000);
    if (minutes < 1) return "just now";
    if (minutes < 60) return `${minutes} min ago`;
    const hours = Math.round(minutes / 60);
    return hours < 24 ? `${hours} h ago` : new Date(Date.now() - milliseconds).toLocaleDateString();
  },

  prejoin: {
    heading: "Ready to join?",
    meeting: (code: string) => `Meeting ${code}`,
    here: (count: number) => {
      if (count === 0) return "Nobody is here yet";
      return `${people(count)} ${count === 1 ? "is" : "are"} in this meeting`;
    },
    full: "This meeting is full. You can try again when somebody has left.",
    name: "Your name",
    nameMissing: "Please enter a name, so that the others know who you are.",
    join: "Join now",
    joining: "Joining…",
    preview: "Your camera preview",
    cameraOff: "Your camera is off",
    cameraStarting: "Starting your camera…",
    asking: "Your browser asks for your camera and microphone: choose “Allow”. You decide when they are on.",
    speakToTest: "Say something: the bar should move.",
    microphoneOff: "Your microphone is off.",
    testSound: "Test",
    testSoundLabel: "Play a test sound",
    without: "You can join without it and switch it on later.",
    test: "Trouble connecting? Test your connection",
    leaveBlank: "You can take part without a camera and a microphone, too.",
  },

  devices: {
    microphone: "Microphone",
    camera: "Camera",
    speaker: "Speaker",
    systemDefault: "System default",
    unnamed: (kind: string, number: number) => `${kind} ${number}`,
    none: "None found",
    turnOn: { microphone: "Turn on microphone", camera: "Turn on camera" },
    turnOff: { microphone: "Turn off microphone", camera: "Turn off camera" },
  },

  problems,

  refusals: {
    "unsupported-protocol": "This page is older than the server. Reload it to get the new one.",
    "no-such-meeting": "There is no meeting with this link.",
    "meeting-full": "This meeting is full. You can try again when somebody has left.",
    "meeting-ended": "The host has ended this meeting.",
    "invalid-name": "A name has between 1 and 60 characters.",
    "already-joined": "You are already in this meeting.",
    "not-joined": "You are not in this meeting.",
    "chat-too-long": "This message is too long: at most 4000 characters fit.",
    "chat-empty": "There was nothing to send.",
    "chat-unavailable": "The server could not save the message.",
    "too-fast": "That was too much at once. Wait a moment.",
  } as Readonly<Partial<Record<RefusalCode | "unknown", string>>>,
  unreachable: "The server does not answer. Check your connection and try again.",

  over: {
    left: "You left the meeting",
    leftDetail: "Did you go by accident? Your place is a click away.",
    ended: "The meeting is over",
    endedDetail: "The host has ended it for everybody.",
    replaced: "You are in this meeting in another tab",
    replacedDetail: "This tab has been disconnected, so that you are heard only once.",
    unknown: "There is no such meeting",
    unknownDetail: "The link may be mistyped, or the meeting was ended. Ask whoever sent it for a new one.",
    refused: "You could not join",
    rejoin: "Rejoin",
    useHere: "Use it here",
    home: "Go to the start page",
    again: "Try again",
  },

  room: {
    controls: "Call controls",
    skip: "Skip to the call controls",
    leave: "Leave",
    share: "Share your screen",
    shareStop: "Stop sharing",
    chat: "Chat",
    people: "People",
    layout: { grid: "Show everybody the same size", speaker: "Show the speaker large" },
    deviceMenu: { microphone: "Choose microphone and speaker", camera: "Choose camera" },
    copyLink: "Copy the meeting's link",
    copied: "Link copied",
    copyFailed: "The link could not be copied. Here it is:",
    you: (name: string) => `${name} (you)`,
    youShort: "You",
    stage: "Participants",
    screenOf: (name: string) => `${name}'s screen`,
    yourScreen: "Your screen",
    tile: (name: string, parts: readonly string[]) => [name, ...parts].join(", "),
    muted: "microphone off",
    pin: (name: string) => `Pin ${name}`,
    unpin: (name: string) => `Unpin ${name}`,
    hear: "Your browser paused the sound. Click to hear the others.",
    hearButton: "Turn on sound",
    link: {
      connecting: "Connecting…",
      connected: "",
      reconnecting: "Reconnecting…",
      failed: "No connection",
    } as Readonly<Record<LinkState, string>>,
    away: "Lost connection, may come back",
    quality: { good: "good connection", fair: "weak connection", poor: "bad connection" } as Readonly<Record<Quality, string>>,
    pages: "Pages of people",
    page: (page: number, pages: number) => `Page ${page} of ${pages}`,
    pageBefore: "People before",
    pageAfter: "More people",
    shareProblem: "Your screen could not be shared. Your system may ask for a permission to record the screen.",
    deviceLost: {
      microphone: "Your microphone was unplugged; another one is used now.",
      camera: "Your camera was unplugged; another one is used now.",
      none: "A device was unplugged and there is no other.",
    },
  },

  privacy: {
    title: "Privacy",
    hide: "Hide my IP address from the others",
    hideDetail: "In most meetings everything goes through this server and nobody learns it. This hides it from guests of other programs, too.",
  },

  /** How somebody is connected, in the list of people. */
  route: ({ kind, transport }: Route): string => {
    const by = transport ? `, ${transport.toUpperCase()}` : "";
    return kind === "direct" ? `Direct${by}` : `Through the server${by}`;
  },

  trouble: {
    title: "Connection problem",
    failed: (names: string) => `No connection with ${names}.`,
    cause: {
      server: "Your network does not let sound and pictures reach this server. It is tried again and again; another network may work, such as your phone's.",
      "no-relay": "Your networks do not let you reach each other, and this server has no relay to help. Its operator can turn it on.",
      hidden: "Your IP address can only be hidden with a relay, and this server has none.",
      "relay-unreachable": "Your network does not let you reach this server's relay. Another network may work, such as your phone's.",
      elsewhere: "You reach this server's relay, so the other side may have the problem. It is tried again and again.",
    } as Readonly<Record<Trouble["cause"], string>>,
    test: "Test your connection",
    show: "Do not hide it",
  },

  invite: {
    title: "You are the first one here",
    text: "Send this link to the people you want to meet, or let them scan the code.",
    copy: "Copy link",
    qr: "QR code of the meeting's link",
    linkLabel: "Link to this meeting",
  },

  chat: {
    title: "Chat",
    close: "Close chat",
    empty: "Nothing has been said yet. Everybody in the meeting can read the chat, and those who come later, too.",
    older: "Older messages are no longer here.",
    input: "Message to everybody",
    send: "Send",
    sending: "Sending…",
    waiting: "Will be sent when the connection is back",
    failed: "Not sent.",
    retry: "Try again",
    left: (count: number) => (count >= 0 ? `${characters(count)} left` : `${characters(-count)} too many`),
    newMessages: "New messages",
    unread: (count: number) => `${count} unread`,
    announce: (name: string, text: string) => `${name} says: ${text}`,
  },

  peoplePanel: {
    title: "People",
    close: "Close people",
    count: (count: number, capacity: number) => `${count} of at most ${capacity}`,
    microphoneOn: "Microphone on",
    microphoneOff: "Microphone off",
    cameraOn: "Camera on",
    cameraOff: "Camera off",
    sharing: "Sharing a screen",
    invite: "Invite others",
    mute: {
      microphone: (name: string) => `Turn off ${name}'s microphone`,
      camera: (name: string) => `Turn off ${name}'s camera`,
      screen: (name: string) => `Stop ${name}'s screen share`,
    },
    end: "End the meeting for everybody",
    endConfirm: "End this meeting? Everybody is sent out and its chat is deleted.",
    endFailed: "The meeting could not be ended. Check your connection and try again.",
  },

  banner: {
    reconnecting: "Connection lost. You still see and hear each other where that is possible.",
    stopping: "The server is restarting. The meeting goes on in a moment.",
    load: {
      reduced: "The server is busy: pictures are smaller for a while.",
      "sound-only": "The server is busy: only sound is carried for a while.",
    } as Readonly<Record<Exclude<MediaLoad, "normal">, string>>,
    trying: "Trying now…",
    retryIn: (count: number) => `Trying again in ${seconds(count)}.`,
    retryNow: "Try now",
    back: "Connected again",
  },

  mutedBy: (source: MediaSource, name: string): string => {
    const who = name || "A host";
    switch (source) {
      case "microphone":
        return `${who} turned off your microphone`;
      case "camera":
        return `${who} turned off your camera`;
      case "screen":
      case "screenSound":
        return `${who} stopped your screen share`;
    }
  },

  notices: (notice: Exclude<Notice, { type: "chat" | "muted" | "not-muted" }>["type"], names: string, several: boolean): string => {
    switch (notice) {
      case "joined":
        return `${names} joined`;
      case "left":
        return `${names} left`;
      case "lost":
        return `${names} lost the connection`;
      case "share-started":
        return `${names} ${several ? "are" : "is"} sharing`;
      case "share-stopped":
        return `${names} stopped sharing`;
    }
  },
  /** "Ana", "Ana and Ben", "Ana, Ben and 3 others". */
  names: (names: readonly string[]): string => {
    const [first = "", second] = names;
    if (second === undefined) return first;
    if (names.length === 2) return `${first} and ${second}`;
    return `${first}, ${second} and ${names.length - 2} other${names.length === 3 ? "" : "s"}`;
  },

  help: {
    title: "Help and settings",
    shortcuts: "Keyboard",
    close: "Close",
    open: "Help and settings",
    singleKeys: "Single-key shortcuts",
    singleKeysDetail: "Switch off if you use speech input or press keys by accident.",
    keys: {
      microphone: "Microphone on or off",
      talk: "Hold to talk while muted",
      camera: "Camera on or off",
      share: "Share your screen, or stop",
      chat: "Chat",
      people: "People",
      layout: "Same size, or speaker large",
      controls: "To the call controls",
      help: "This help",
      close: "Close a panel or menu",
    },
    space: "Space",
    or: "or",
  },

  trust: {
    title: "Trust this server – Parley",
    copied: "Copied",
    copy: "Copy fingerprint",
    unavailable: "This server uses a certificate your browser can check by itself. There is nothing to install.",
    noFingerprint: "The server did not tell its fingerprint.",
  },

  close: "Close",
} as const;

export type Strings = typeof strings;
