// SPDX-License-Identifier: Apache-2.0

/** What the page of an invitation says in English. */
export const invitedStrings = {
  title: "Your invitation – Parley",
  loading: "Taking you to the meeting…",
  home: "Go to the start page",
  again: "Try again",
  early: "You are a little early",
  earlyDetail: "This invitation works from",
  earlyWait: "Keep this page open: it takes you to the meeting then.",
  expired: "This invitation is over",
  expiredDetail: "Its time has passed. Ask whoever invited you for a new one.",
  revoked: "This invitation was taken back",
  revokedDetail: "Ask whoever invited you for a new one.",
  used: "This invitation was used already",
  usedDetail: "It was for one person, who came in with another browser. If that was you, open it there, or ask for a new one.",
  unknown: "There is no such invitation",
  unknownDetail: "The link may be incomplete. Open it as it was sent, or ask for a new one.",
  ended: "This meeting has ended",
  endedDetail: "Ask whoever invited you whether there is another.",
  busy: "That was too fast",
  busyDetail: "Please wait a moment and try again.",
  unreachable: "The server does not answer",
  unreachableDetail: "Check your connection and try again.",
};
