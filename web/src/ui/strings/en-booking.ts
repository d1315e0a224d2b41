// SPDX-License-Identifier: Apache-2.0

/** What the booking page and the choice of a time say in English. */
export const bookingStrings = {
  title: (name: string) => `Book an appointment with ${name} – Parley`,
  heading: (name: string) => `Book an appointment with ${name}`,
  loading: "Looking for free times…",
  minutes: (count: number) => `${count} minutes, by video`,
  theirs: (name: string, zone: string) => `${name} is in ${zone}`,
  needs: "You need a browser with a camera and a microphone. Nothing to install, no account.",

  picker: {
    heading: "Choose a time",
    zone: "Times are shown in this time zone",
    ownZone: (name: string) => `Your own: ${name}`,
    none: "No times are free at the moment. Please look again later.",
    previous: "Previous month",
    next: "Next month",
    month: "Days with free times",
    day: (name: string, count: number) => `${name}, ${count === 1 ? "1 free time" : `${count} free times`}`,
    times: (day: string) => `Free times on ${day}`,
    count: (count: number) => (count === 1 ? "1 free time" : `${count} free times`),
  },

  details: {
    heading: "Your details",
    chosen: "Your time",
    change: "Choose another time",
    name: "Your name",
    nameMissing: "Please enter a name, so that you can be greeted by it.",
    email: "E-mail (if you like)",
    emailDetail: (name: string) => `Only ${name} sees it, to reach you if something changes.`,
    emailWrong: "That does not look like an e-mail address. You may leave it empty.",
    note: "What is it about? (if you like)",
    book: "Book this time",
    booking: "Booking…",
    taken: "Somebody else has just taken this time. Please choose another one.",
    tooMany: "Too many appointments were booked from here. Please wait a while and try again.",
  },

  done: {
    heading: "Your appointment is booked",
    keep: "Keep this link: it leads to the waiting room, and you can move or cancel the appointment there.",
    link: "Link to your appointment",
    copy: "Copy link",
    copied: "Link copied",
    copyFailed: "The link could not be copied. Please select it and copy it by hand.",
    calendar: "Add to your calendar",
    open: "Open your appointment",
    qr: "QR code of the link to your appointment, for your phone",
    qrHint: "Scan with your phone to join from there",
    another: "Book another time",
  },

  closed: {
    unknown: "There is no such booking page",
    unknownDetail: "The address may be mistyped. Ask whoever gave it to you.",
    shut: "No bookings at the moment",
    shutDetail: "This booking page is closed for now. Please come back later.",
    unreachable: "The server does not answer",
    unreachableDetail: "Check your connection and try again.",
    again: "Try again",
    home: "Go to the start page",
  },
} as const;
