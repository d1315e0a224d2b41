// SPDX-License-Identifier: Apache-2.0

import type { Hop, Outcome, StepID, Verdict } from "../../model/diagnosis";

interface Advice {
  readonly visitor: string;
  readonly operator: string;
}

const proxy = "A proxy in front of Parley passes on web pages only.";

/** What the page that tests a connection says in English. */
export const testStrings = {
  again: "Test again",
  copy: "Copy report",
  copied: "Report copied",
  copyFailed: "The report could not be copied. Please select it here:",
  report: "Report",
  stepsLabel: "What was tested",
  visitor: "What you can do",
  trust: "Show me how",
  operator: "For whoever runs this server",
  time: (milliseconds: number) => `${milliseconds < 1 ? "under 1" : Math.round(milliseconds)} ms`,

  verdicts: {
    running: "Testing…",
    ready: "Your connection is ready for calls",
    fallback: "Calls work, though not at their best",
    "direct-only": "Calls may stay without sound and picture",
    signalling: "Calls work, but messages take detours",
    unreachable: "The server does not answer",
  } as Readonly<Record<Verdict, string>>,
  verdictDetails: {
    running: "This takes a few seconds.",
    ready: "Everything a meeting needs gets through.",
    fallback: "UDP, the fast way for sound and pictures, is blocked. They go through the server over TCP, which can stutter on bad days.",
    "direct-only": "Nothing gets through the server's relay. Meetings work only with people your browser reaches directly.",
    signalling: "Sound and pictures get through. A WebSocket does not, so joining and chat are slower.",
    unreachable: "Without it nothing else can be tested.",
  } as Readonly<Record<Verdict, string>>,

  steps: {
    https: { name: "Server", detail: "Pages and answers over HTTPS" },
    websocket: { name: "Signalling", detail: "A WebSocket, by which people find each other" },
    credentials: { name: "Permission", detail: "A credential for the relay" },
    stun: { name: "Your address", detail: "STUN over UDP: how others would see you" },
    udp: { name: "Relay over UDP", detail: "The fast way when people cannot reach each other" },
    tcp: { name: "Relay over TCP", detail: "For networks that block UDP" },
    tls: { name: "Relay over TLS", detail: "For networks that only let web pages through" },
  } as Readonly<Record<StepID, { readonly name: string; readonly detail: string }>>,

  states: { waiting: "waiting", running: "testing…", good: "works", bad: "does not work", skipped: "not tested" } as Readonly<
    Record<Outcome["state"], string>
  >,
  address: (address: string) => `Others see you as ${address}`,
  noTranslation: "No translation of your address was found",

  hops: {
    server: "The server did not answer",
    between: "The server answers, but no WebSocket opens",
    "not-invited": "Credentials are for people who are invited",
    "no-relay": "This server has no relay",
    way: "No answer came back",
    certificate: "Your browser does not trust the relay's certificate",
    number: "Firefox uses a relay over TLS by its name only",
    credential: "The relay does not accept the credential",
    quota: "The relay has no room for more",
    refused: "The relay refuses",
    inside: "The relay answers, but passes nothing on",
  } as Readonly<Record<Hop, string>>,

  /** The most fitting: by step and hop, or by hop alone. */
  advice: (step: StepID, hop: Hop): Advice => byStep[`${step}:${hop}`] ?? byHop[hop],

  devices: {
    title: "Camera and microphone",
    detail: "Not needed for the test above. Nothing is sent anywhere.",
    start: "Test camera and microphone",
  },
} as const;

const byHop: Readonly<Record<Hop, Advice>> = {
  server: {
    visitor: "Check that you are online, then test again.",
    operator: "Is Parley running? `parley doctor` on the server checks its port, certificate and storage.",
  },
  between: {
    visitor: "Switch off a VPN or a filter in your browser, or try another network.",
    operator: `${proxy} Let it pass on WebSockets: docs/deploy.md has configurations for Apache and nginx.`,
  },
  "not-invited": {
    visitor: "Open this test by the link on the page of your meeting.",
    operator: "With rooms.creation = host, this test takes an account or the link of a meeting.",
  },
  "no-relay": {
    visitor: "Meetings work with people your browser reaches directly. For the others the server's operator can turn the relay on.",
    operator: "Set turn.enabled = true; nothing else is needed where no NAT or proxy is in front. docs/networking.md explains the rest.",
  },
  way: {
    visitor: "Your network or a firewall blocks it. Another network, such as your phone's, may let it through.",
    operator: "Open the port in the firewall before the server. docs/networking.md lists the ports.",
  },
  certificate: {
    visitor: "You accepted a warning for this page, but browsers accept none for relays. Install this server's authority.",
    operator: "With a certificate that browsers know (tls.mode = files) nobody has to install anything.",
  },
  number: {
    visitor: "Open this server by its name, not by its number, or use another browser. You need it only where UDP and TCP fail.",
    operator: "Give people a name for this server, or set turn.host to one. Its certificate must be for that name.",
  },
  credential: {
    visitor: "Reload this page to get a new one. If that does not help, tell whoever runs the server.",
    operator: "The clocks of the machines that mint and check credentials must agree within minutes, and so must their turn.secrets-file.",
  },
  quota: {
    visitor: "Wait a few minutes and test again.",
    operator: "Raise turn.allocations, turn.address-allocations or turn.user-allocations; /metrics says which of them was reached.",
  },
  refused: {
    visitor: "Tell whoever runs this server; the report says more.",
    operator: "/metrics counts refusals of the relay by reason. `parley doctor` tries the relay from the server itself.",
  },
  inside: {
    visitor: "Tell whoever runs this server; the report says more.",
    operator: "Two of its own clients reach each other inside the server, so no firewall is in the way: `parley doctor` there tries the same.",
  },
};

const noUDP: Advice = {
  visitor: "UDP is blocked on your network. Calls then take the way over TCP or TLS below.",
  operator: "Let UDP in on the port of http.listen (and those of turn.listen). Home routers and clouds often forward TCP only.",
};

const byStep: Readonly<Record<string, Advice>> = {
  "stun:way": noUDP,
  "udp:way": noUDP,
  "tcp:way": {
    visitor: "Your network lets only web pages through, or looks into connections. TLS below may work.",
    operator: `${proxy} Relayed TCP must reach Parley itself: set turn.listen to a port of its own, such as :3478.`,
  },
  "tls:way": {
    visitor: "Your network looks into encrypted connections, or blocks the port. Try another network.",
    operator: `${proxy} Let Parley have a port of its own (turn.listen, or 443 itself), and a certificate for the name in turn.host.`,
  },
};
