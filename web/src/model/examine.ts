// SPDX-License-Identifier: Apache-2.0

import { lacks } from "../media/abilities";
import { TestOptions, testRelay, testStun, testThroughput } from "../media/relay-test";
import { api, APIError } from "../protocol/api";
import type { IceServer, MeetingCode } from "../protocol/messages";
import { roundTrips } from "../protocol/probe";
import { openPolling, openWebSocket } from "../protocol/reach";
import { compared, Diagnosis, isByNumber, ofRelay, ofStun, Outcome, StepID, steps, urlsOf, Way } from "./diagnosis";

type Tell = (change: (diagnosis: Diagnosis) => Diagnosis) => void;

/**
 * Tries one part of the way after the other and tells what it finds as it goes.
 *
 * @param namesOnly The browser speaks TLS to relays by name only.
 */
export async function examine(
  options: TestOptions, meeting: MeetingCode | undefined, namesOnly: boolean, tell: Tell,
): Promise<void> {
  const set = (step: StepID, outcome: Outcome): void => tell((all) => ({ ...all, [step]: outcome }));
  const skip = (...left: readonly StepID[]): void => left.forEach((step) => set(step, { state: "skipped" }));
  const start = (step: StepID): void => set(step, { state: "running" });
  const skipAfter = (step: StepID): void => skip(...steps.slice(steps.indexOf(step) + 1));

  const lacking = lacks();
  set("browser", lacking ? { state: "bad", hop: lacking } : { state: "good" });
  if (lacking === "browser") return skipAfter("browser");

  start("https");
  const times = await roundTrips(options.now);
  if (times.length === 0) {
    set("https", { state: "bad", hop: "server" });
    return skipAfter("https");
  }
  // The first one opened the connection.
  set("https", { state: "good", time: Math.min(...times.slice(times.length > 1 ? 1 : 0)) });

  start("websocket");
  const opened = await openWebSocket(options.now);
  set("websocket", opened === undefined ? { state: "bad", hop: "between" } : { state: "good", time: opened });

  start("polling");
  const polled = await openPolling(options.now);
  set("polling", polled === undefined ? { state: "bad", hop: "between" } : { state: "good", time: polled });

  start("credentials");
  const servers = await credentials(meeting);
  if (!Array.isArray(servers)) {
    set("credentials", servers as Outcome);
    return skipAfter("credentials");
  }
  set("credentials", { state: "good" });
  const urls = urlsOf(servers as readonly IceServer[]);
  const open = await examineRelay(options, urls, namesOnly, set);
  tell(compared);
  const server = open && urls[open];
  if (!server) return skip("throughput");
  start("throughput");
  const rate = await testThroughput(server, options);
  set("throughput", rate === undefined ? { state: "bad", hop: "inside" } : { state: "good", rate, by: open });
}

async function credentials(meeting: MeetingCode | undefined): Promise<readonly IceServer[] | Outcome> {
  try {
    const servers = await api.iceServers(meeting);
    return servers.length > 0 ? servers : { state: "bad", hop: "no-relay" };
  } catch (error) {
    const code = error instanceof APIError ? error.code : "";
    if (code === "too-many-requests") return { state: "bad", hop: "quota" };
    return { state: "bad", hop: code === "unreachable" || code === "" ? "server" : "not-invited" };
  }
}

/** One transport after the other: together they would measure each other. Answers the best one that is open. */
async function examineRelay(
  options: TestOptions, urls: Readonly<Partial<Record<StepID, IceServer>>>, namesOnly: boolean,
  set: (step: StepID, outcome: Outcome) => void,
): Promise<Way | undefined> {
  let open: Way | undefined;
  const facts = await api.server().catch(() => undefined);
  for (const step of ["stun", "udp", "tcp", "tls"] as const) {
    const server = urls[step];
    if (!server) {
      set(step, { state: "skipped" });
      continue;
    }
    set(step, { state: "running" });
    const outcome = step === "stun"
      ? ofStun(await testStun(server.urls[0] ?? "", options))
      : ofRelay(step, await testRelay(server, options), {
          unknownAuthority: facts?.localAuthority ?? false,
          number: namesOnly && isByNumber(server.urls[0] ?? ""),
        });
    set(step, outcome);
    if (step !== "stun" && outcome.state === "good") open ??= step;
  }
  return open;
}
