// SPDX-License-Identifier: Apache-2.0

import { ForwardedSession } from "../../src/media/forwarded";
import type { AskServer, MediaEvent } from "../../src/media/session";
import { ConnectionLost } from "../../src/protocol/connection";
import { ClientRequests, Refusal, RefusalCode, SlotWish } from "../../src/protocol/messages";
import { ManualClock } from "../manual-clock";
import { id } from "../samples";
import { FakeConnection, FakeStream } from "./fake-connection";

Object.assign(globalThis, { MediaStream: FakeStream });

type Name = "publish" | "subscribe" | "view";
type Payload<N extends Name> = ClientRequests[N]["payload"];

interface Asked {
  readonly name: Name;
  readonly payload: unknown;
}

/** Our page and a server that carries media, whose every word is written down. */
export class MediaBench {
  readonly clock = new ManualClock();
  readonly connections: FakeConnection[] = [];
  readonly asked: Asked[] = [];
  readonly session: ForwardedSession;
  online = true;
  /** What the next request is refused with. */
  refusal: RefusalCode | undefined;

  constructor({ audioSlots = 2, videoSlots = 9 } = {}) {
    this.session = new ForwardedSession({
      self: id("me"),
      iceServers: [{ urls: ["stun:meet.example:8443"] }, { urls: ["turn:meet.example:8443?transport=udp", "turns:meet.example:8443?transport=tcp"], username: "1:g/p", credential: "secret" }],
      privacy: "open",
      forwarding: { audioSlots, videoSlots },
      clock: this.clock,
      connect: (configuration) => {
        const connection = new FakeConnection();
        connection.setConfiguration(configuration);
        this.connections.push(connection);
        return connection as unknown as RTCPeerConnection;
      },
      ask: ((name: Name, payload: unknown, answer: (result: object) => void) => this.answer(name, payload, answer)) as AskServer,
      signal: (_to, _data, answer) => answer(undefined),
    });
  }

  private answer(name: Name, payload: unknown, answer: (result: object) => void): void {
    this.asked.push({ name, payload });
    const { online, refusal } = this;
    this.refusal = undefined;
    const { offer } = payload as { offer?: string };
    setTimeout(() => {
      if (!online) answer({ failure: new ConnectionLost() });
      else if (refusal) answer({ failure: new Refusal(refusal, "no") });
      else answer({ reply: offer === undefined ? undefined : { answer: offer } });
    }, 0);
  }

  says(event: MediaEvent): void {
    this.session.hear(event);
  }

  /** All requests of one name. */
  all<N extends Name>(name: N): Payload<N>[] {
    return this.asked.filter((each) => each.name === name).map(({ payload }) => payload as Payload<N>);
  }

  last<N extends Name>(name: N): Payload<N> {
    const found = this.all(name);
    const newest = found[found.length - 1];
    if (newest === undefined) throw new Error(`no ${name} was asked`);
    return newest;
  }

  /** What the newest view wishes, as "3 camera a 640×360". */
  wishes(): string[] {
    const wish = ([mid, slot]: [string, SlotWish | null]): string =>
      slot ? `${mid} ${slot.source} ${slot.participant} ${slot.width}×${slot.height}` : "";
    return Object.entries<SlotWish | null>(this.last("view").slots).map(wish).filter(Boolean);
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 12; round += 1) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
