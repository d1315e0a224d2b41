// SPDX-License-Identifier: Apache-2.0

import type { HoursProblem } from "../../model/hours";
import type { DeviceResult, NetworkResult, Status, VisitState } from "../../protocol/appointments";

const minutes = (count: number): string => (count === 1 ? "1 minute" : `${count} minutes`);
const people = (count: number): string => (count === 1 ? "1 person" : `${count} people`);

/** What the professional's dashboard says in English. */
export const dashboardStrings = {
  title: "Dashboard – Parley",
  titleWaiting: (count: number) => `(${count}) Dashboard – Parley`,
  skip: "Skip to the waiting room",
  loading: "Loading your appointments…",
  views: { today: "Today", clients: "Clients", booking: "Booking page" },
  viewsLabel: "Dashboard",
  account: "Account",
  signOut: "Sign out",

  status: {
    label: "Your status for those who wait",
    names: { online: "Online", away: "Away", busy: "In a call" } as Readonly<Record<Status, string>>,
    busy: "You are in a call: clients see that you are busy.",
  },

  sound: {
    label: "Sound when somebody comes",
    blocked: "Your browser keeps the sound back until you click. Click to hear when somebody comes.",
    allow: "Turn on sound",
  },

  lost: "Connection lost. What you see may be old.",
  restarting: "The server is restarting. What you see may be old.",
  signedOut: "You have been signed out",
  signIn: "Sign in again",

  arrived: (name: string) => `${name} is in the waiting room`,
  gone: (name: string) => `${name} left the waiting room`,

  waiting: {
    heading: "Waiting room",
    count: people,
    empty: "Nobody is waiting.",
    emptyDetail: "You hear a sound when somebody comes.",
    since: (count: number) => (count < 1 ? "just came" : `waiting for ${minutes(count)}`),
    disconnected: "page closed, may come back",
    checkedIn: "What the device check found",
  },

  inCall: { heading: "In a call" },
  today: { heading: "Still to come today", empty: "No more appointments today." },
  upcoming: { heading: "The next days", empty: "Nothing is booked for the next days." },
  past: { heading: "Over", empty: "" },

  visit: {
    states: { booked: "booked", waiting: "waiting", admitted: "in a call", finished: "finished", cancelled: "cancelled" } as Readonly<Record<VisitState, string>>,
    missed: "did not come",
    foreign: "comes by a course's page: join on yours",
    here: "page open",
    admit: "Admit and join",
    admitOf: (name: string) => `Admit ${name} and join the call`,
    join: "Join",
    joinOf: (name: string) => `Join the call with ${name}`,
    sendBack: "Send back",
    sendBackOf: (name: string) => `Send ${name} back to the waiting room`,
    finish: "Finish",
    finishOf: (name: string) => `Finish the appointment with ${name}`,
    finishConfirm: (name: string) => `Finish the appointment with ${name}? The call ends for both of you.`,
    more: "More",
    moreOf: (name: string) => `More for ${name}`,
    cancel: "Cancel appointment",
    cancelConfirm: (name: string) => `Cancel the appointment with ${name}? Their link then says so.`,
    revoke: "Make a new link",
    revokeConfirm: (name: string) => `Make a new link for ${name}? The present one stops working at once.`,
    newLink: "The new link. Send it to your client:",
    copyLink: "Copy link",
    copied: "Link copied",
    copyFailed: "The link could not be copied. Please select it and copy it by hand.",
    note: "They wrote",
    notes: "Your notes",
    notesOf: (name: string) => `Your notes about ${name}`,
    notesDetail: "Only you see them. Saved as you type.",
    saving: "Saving…",
    saved: "Saved",
    notSaved: "Not saved: it is tried again.",
    alone: (name: string) => `${name} will be here in a moment`,
    opened: "The call is in another tab.",
    blocked: "Your browser kept the tab closed. Choose “Join”.",
    failed: "That did not work. Please try again.",
  },

  check: {
    camera: { ok: "Camera works", denied: "Camera blocked", missing: "No camera", off: "Camera off" } as Readonly<Record<DeviceResult, string>>,
    microphone: { ok: "Microphone works", denied: "Microphone blocked", missing: "No microphone", off: "Microphone off" } as Readonly<Record<DeviceResult, string>>,
    network: { good: "Connection good", fair: "Connection fair", poor: "Connection slow", unknown: "Connection not tested" } as Readonly<Record<NetworkResult, string>>,
    consent: "Agreed",
  },

  numbers: {
    heading: "At a glance",
    names: {
      today: "today",
      finishedToday: "finished today",
      waiting: "waiting",
      upcoming: "still to come",
    } as Readonly<Record<string, string>>,
  },

  page: {
    heading: "Your booking page",
    copy: "Copy link",
    open: "Open it",
    none: "Choose when people can book you, and give them the link.",
    setUp: "Set it up",
    closed: "closed for bookings",
  },

  plan: {
    create: "New appointment",
    createHeading: "New appointment",
    createDetail: "Any time that is free, also outside of your weekly hours.",
    name: "Client's name",
    nameMissing: "Please enter a name.",
    email: "E-mail (if you like)",
    day: "Day",
    time: "Time",
    zone: (zone: string) => `In your time zone, ${zone}.`,
    timeMissing: "Please give a day and a time.",
    taken: "You have another appointment at that time.",
    save: "Save",
    saving: "Saving…",
    cancel: "Cancel",
    close: "Close",
    created: "The appointment is made. Send this link to your client:",
    move: "Move",
    moveHeading: (name: string) => `Move the appointment with ${name}`,
    moveDetail: "The link stays the same. Your client sees the new time there; tell them about it.",
    moved: "Moved",
    failed: "It could not be saved. Please try again.",
  },

  clients: {
    heading: "Clients",
    numbers: (days: number) => `The last ${days} days`,
    held: "held",
    cancelled: "cancelled",
    missed: "did not come",
    wait: "average wait",
    waitOf: (milliseconds: number | null) => (milliseconds === null ? "–" : milliseconds < 60_000 ? "under 1 min" : `${Math.round(milliseconds / 60_000)} min`),
    search: "Search by name or e-mail",
    name: "Name",
    email: "E-mail",
    count: "Appointments",
    last: "Last",
    next: "Next",
    never: "–",
    empty: "Nobody has booked yet.",
    noMatch: "Nobody of this name.",
    failed: "The list could not be loaded.",
    found: people,
  },

  booking: {
    heading: "Booking page",
    open: "Take bookings",
    openDetail: "When this is off, the page says that it is closed. What is booked stays.",
    slug: "Address",
    slugDetail: "Letters, digits and hyphens.",
    slugWrong: "The address needs at least 3 letters or digits, and hyphens only between them.",
    slugTaken: "Somebody else has this address already.",
    length: "Length of an appointment",
    lengths: minutes,
    lead: "Book at the latest",
    leads: (count: number): string => {
      if (count === 0) return "right up to the start";
      if (count < 60) return `${minutes(count)} before`;
      const hours = count / 60;
      if (hours < 24) return `${hours === 1 ? "1 hour" : `${hours} hours`} before`;
      return `${hours / 24 === 1 ? "1 day" : `${hours / 24} days`} before`;
    },
    horizon: "Book at the earliest",
    horizons: (days: number): string => (days % 7 === 0 ? `${days / 7 === 1 ? "1 week" : `${days / 7} weeks`} ahead` : `${days} days ahead`),
    intro: "Introduction",
    introDetail: "Shown on your booking page.",
    consent: "Consent",
    consentDetail: "If you write something here, clients must agree to it before they enter the waiting room.",
    hours: "Weekly hours",
    hoursDetail: (zone: string) => `In your time zone, ${zone}. Change the zone in your account.`,
    none: "closed",
    add: "Add hours",
    addTo: (day: string) => `Add hours on ${day}`,
    from: (day: string) => `${day} from`,
    to: (day: string) => `${day} until`,
    until: "until",
    removeHours: (day: string, from: string, to: string) => `Remove ${day} ${from} to ${to}`,
    problems: {
      incomplete: "Please give both times.",
      backwards: "The end must be after the start.",
      overlap: "These hours overlap with others of this day.",
    } as Readonly<Record<HoursProblem, string>>,
    save: "Save",
    saving: "Saving…",
    saved: "Saved",
    unsaved: "Not saved yet",
    failed: "It could not be saved. Please try again.",
    loadFailed: "Your settings could not be loaded.",
  },
} as const;
