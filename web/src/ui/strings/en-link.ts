// SPDX-License-Identifier: Apache-2.0

import type { Remaining } from "../../model/link";
import type { NetworkResult, Status } from "../../protocol/appointments";

const plural = (count: number, one: string, many: string): string => (count === 1 ? `1 ${one}` : `${count} ${many}`);

/** What the page of an appointment says in English: device check, waiting room, and all the ends. */
export const linkStrings = {
  title: "Your appointment – Parley",
  with: (name: string) => `Your appointment with ${name}`,
  loading: "Opening your appointment…",

  /** The two largest parts: nobody counts the seconds of tomorrow. */
  length: ({ days, hours, minutes, seconds }: Remaining): string => {
    if (days > 0) return [plural(days, "day", "days"), ...(hours > 0 ? [plural(hours, "hour", "hours")] : [])].join(" ");
    if (hours > 0) return [plural(hours, "hour", "hours"), ...(minutes > 0 ? [plural(minutes, "minute", "minutes")] : [])].join(" ");
    if (minutes > 0) return `${minutes} min ${String(seconds).padStart(2, "0")} s`;
    return plural(seconds, "second", "seconds");
  },

  early: {
    heading: "You are early",
    detail: "The waiting room is not open yet. This page opens it by itself, or come back later with the same link.",
    opens: "Opens in",
    opensAt: "The waiting room opens at",
    calendar: "Add to your calendar",
    copy: "Copy link",
    copied: "Link copied",
    copyFailed: "The link could not be copied. It is the address of this page.",
    move: "Move",
    cancel: "Cancel appointment",
    cancelTitle: "Cancel this appointment?",
    cancelDetail: (name: string) => `${name} is told, and the time becomes free for others. This cannot be undone.`,
    cancelYes: "Yes, cancel it",
    cancelNo: "Keep it",
    moveHeading: "Choose another time",
    moveBack: "Keep the present time",
    moveTaken: "Somebody else has just taken this time. Please choose another one.",
    moved: "Your appointment has been moved",
    moveFailed: "It could not be moved. Please try again.",
    cancelFailed: "It could not be cancelled. Please try again.",
    qr: "QR code of this link, for your phone",
    qrHint: "Scan to open this on your phone",
  },

  check: {
    heading: "Check your camera and microphone",
    results: "What the check found",
    microphone: {
      heard: "Your microphone hears you",
      silent: "Say something: the bar should move",
      off: "Your microphone is off",
      problem: "Your microphone does not work yet",
      starting: "Starting your microphone…",
    },
    camera: {
      on: "Your camera works",
      off: "Your camera is off",
      problem: "Your camera does not work yet",
      starting: "Starting your camera…",
    },
    network: {
      checking: "Testing your connection…",
      good: "Your connection is good",
      fair: "Your connection is fair: the picture may stutter",
      poor: "Your connection is slow: go closer to your Wi-Fi, or switch your camera off",
      unknown: "Your connection could not be tested",
    } as Readonly<Record<NetworkResult | "checking", string>>,
    again: "Test again",
    more: "More about it",
    consentHeading: "Before you go on",
    consent: "I have read this and agree",
    consentMissing: "Please agree before you go on.",
    enter: "Enter the waiting room",
    entering: "One moment…",
    failed: "The server does not answer. Please try again.",
  },

  waiting: {
    heading: "You are in the waiting room",
    told: (name: string) => `${name} knows that you are here and will let you in.`,
    stay: "Leave this page open. You will go straight into the call.",
    begins: (length: string) => `Begins in ${length}`,
    late: "It is past the time of your appointment. It should begin soon.",
    status: (name: string) => ({
      online: `${name} is here`,
      busy: `${name} is in another call`,
      away: `${name} is not here yet`,
    } as Readonly<Record<Status, string>>),
    statusLabel: "Professional",
    place: (position: number) => (position <= 1 ? "You are next" : `${plural(position - 1, "person is", "people are")} before you`),
    placeLabel: "Your place",
    timeLabel: "Time",
    leave: "Leave the waiting room",
    left: "You have left the waiting room",
    sentBack: "You are back in the waiting room",
    lost: "Connection lost. Your place is kept.",
    restarting: "The server is restarting. Your place is kept.",
    browserTitle: "Waiting",
  },

  call: {
    joining: "You are being let in…",
    admitted: (name: string) => `${name} lets you in`,
    left: "You left the call",
    leftDetail: (name: string) => `${name} may still be there. You can go back until the appointment is finished.`,
    replacedDetail: "The call goes on in another tab of yours.",
    back: "Back to the call",
    alone: (name: string) => `${name} will be with you in a moment`,
  },

  over: {
    finished: "Your appointment is finished",
    finishedDetail: (name: string) => `${name} has ended it. You can close this page.`,
    cancelled: "This appointment was cancelled",
    cancelledDetail: (name: string) => `If you still want to see ${name}, book another time.`,
    late: "This appointment is over",
    lateDetail: "The link worked until some hours after the appointment. Book another time if you need one.",
    revoked: "This link does not work any more",
    revokedDetail: "There is a newer link to this appointment. Look for it in your messages, or ask for it.",
    invalid: "This is not a link to an appointment",
    invalidDetail: "A part of it may be missing: open it again from where you got it, whole.",
    unreachable: "The server does not answer",
    unreachableDetail: "Check your connection. This page tries again by itself.",
    book: "Book another time",
    again: "Try again",
    home: "Go to the start page",
    was: "Your appointment was",
  },
} as const;
