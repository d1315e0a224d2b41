// SPDX-License-Identifier: Apache-2.0

import { Clock, randomID } from "../core/clock";
import { ConnectionLost } from "../protocol/connection";
import { IceServer, MediaAnswer, MediaConnectionID, MediaOffer, Refusal } from "../protocol/messages";
import type { RelayState } from "./route";
import type { LinkState } from "./session";

export interface ServerLinkOptions {
  readonly clock: Clock;
  readonly connect: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** Relays of the server, for networks that let nothing else through. */
  readonly relays: () => readonly IceServer[];
  /** Gives a new connection its sections. Called once for each. */
  readonly prepare: (connection: RTCPeerConnection) => void;
  /** Asks the server; answers once. */
  readonly offer: (offer: MediaOffer, answer: (result: { reply: MediaAnswer } | { failure: Error }) => void) => void;
  /** The server's answer to an offer is in use. */
  readonly onAgreed: () => void;
  readonly onChange: () => void;
}

/** A path that is gone for a moment comes back by itself; one that stays away for so long is looked for again. */
const disconnectedPatience = 1_500;
/** For a first path, or another after the last was given up. */
const connectPatience = 10_000;
/** The server can be reached over UDP and TCP at once; where that takes so long, relays are tried as well. */
const directPatience = 2_500;
const shortestPause = 500;
const longestPause = 8_000;

/**
 * One peer connection with the server, kept for as long as the meeting lasts: this side always offers.
 *
 * A lost path is looked for again on the same connection (ICE restart). A connection that fails is replaced by another
 * under another name, sooner at first and later after failures.
 */
export class ServerLink {
  name = newName();
  connection: RTCPeerConnection;
  link: LinkState = "connecting";
  /** Of the present search; where no relay was offered it means nothing. */
  relay: RelayState = "looking";
  /** The server's own words for why nothing comes about, or none. */
  problem: Refusal | undefined;
  private wanted = false;
  private negotiating = false;
  /** Signalling is lost: offers wait for `resume`. */
  private waiting = false;
  private failures = 0;
  private usesRelays = false;
  private closed = false;
  private cancelPatience = (): void => {};
  private cancelRetry = (): void => {};
  private cancelDirect = (): void => {};

  constructor(private readonly options: ServerLinkOptions) {
    this.connection = this.open();
  }

  /** Offers the present sections, now or when what is under way is done. */
  negotiate(): void {
    this.wanted = true;
    void this.next();
  }

  /** Signalling works again. */
  resume(): void {
    this.waiting = false;
    void this.next();
  }

  /** Looks for a new path; the old one is used until it is found. */
  restart(): void {
    if (this.closed || !this.connection.remoteDescription) return;
    this.relay = "looking";
    this.connection.restartIce();
    this.negotiate();
  }

  /** Gives the connection up and makes another. */
  renew(): void {
    if (this.closed) return;
    this.cancelRetry();
    this.abandon();
    this.name = newName();
    this.negotiating = false;
    this.connection = this.open();
    this.become(this.link === "connecting" || this.link === "failed" ? this.link : "reconnecting");
    this.negotiate();
  }

  /** The server has ended the connection of this name. */
  ended(name: MediaConnectionID, busy: boolean): void {
    if (name !== this.name) return;
    if (busy) this.renewLater();
    else this.renew();
  }

  /** There are other relays, or other credentials for them. */
  configure(): void {
    if (!this.closed) this.connection.setConfiguration(this.configuration);
  }

  close(): void {
    this.closed = true;
    this.cancelRetry();
    this.abandon();
  }

  private open(): RTCPeerConnection {
    const connection = this.options.connect(this.configuration);
    this.relay = "looking";
    connection.onconnectionstatechange = () => this.changed();
    connection.onicecandidate = ({ candidate }) => this.found(candidate);
    this.options.prepare(connection);
    this.await(connectPatience, () => this.failed());
    this.cancelDirect();
    if (!this.usesRelays) this.cancelDirect = this.options.clock.after(directPatience, () => this.useRelays());
    return connection;
  }

  /**
   * Relays are for the last resort only: each costs both sides connections and handshakes. The relay over UDP is at the
   * server's own address, so it helps nobody; and Chromium gives what comes from a relay's address to the relay's part
   * of it alone, so that no answer of the server itself would ever be seen.
   */
  private get configuration(): RTCConfiguration {
    const servers = this.usesRelays ? this.options.relays() : [];
    const reachable = servers.map((server) => ({ ...server, urls: server.urls.filter((url) => /^turns:|^turn:.*transport=tcp/.test(url)) }));
    return { iceServers: reachable.filter(({ urls }) => urls.length > 0), bundlePolicy: "max-bundle" };
  }

  private useRelays(): void {
    this.usesRelays = true;
    if (this.configuration.iceServers?.length === 0 || this.closed) return;
    this.configure();
    this.restart();
  }

  private abandon(): void {
    this.cancelPatience();
    this.cancelDirect();
    this.connection.onconnectionstatechange = null;
    this.connection.onicecandidate = null;
    this.connection.ontrack = null;
    this.connection.close();
  }

  private async next(): Promise<void> {
    if (this.closed || this.negotiating || this.waiting || !this.wanted) return;
    const { connection } = this;
    this.negotiating = true;
    this.wanted = false;
    try {
      await connection.setLocalDescription();
      if (connection !== this.connection || this.closed) return;
      const offer = connection.localDescription?.sdp ?? "";
      this.options.offer({ connection: this.name, offer }, (result) => void this.answered(connection, result));
    } catch (error) {
      if (connection === this.connection) this.broken(error);
    }
  }

  private async answered(
    connection: RTCPeerConnection, result: { reply: MediaAnswer } | { failure: Error },
  ): Promise<void> {
    if (connection !== this.connection || this.closed) return;
    if ("failure" in result) return this.refused(result.failure);
    try {
      await connection.setRemoteDescription({ type: "answer", sdp: result.reply.answer });
    } catch (error) {
      if (connection === this.connection) this.broken(error);
      return;
    }
    if (connection !== this.connection || this.closed) return;
    this.negotiating = false;
    this.problem = undefined;
    this.options.onAgreed();
    void this.next();
  }

  private refused(failure: Error): void {
    if (failure instanceof ConnectionLost) {
      this.waiting = true;
      void this.takeBack();
    } else if (failure instanceof Refusal && failure.code === "media-ended") {
      this.renew();
    } else if (failure instanceof Refusal && failure.code === "too-fast") {
      void this.takeBack();
      this.waiting = true;
      this.cancelRetry();
      this.cancelRetry = this.options.clock.after(2 * shortestPause, () => this.resume());
    } else {
      if (failure instanceof Refusal) this.problem = failure;
      this.broken(failure);
    }
  }

  /** Makes as if the offer that nobody answered had not been made; it is made again. */
  private async takeBack(): Promise<void> {
    const { connection } = this;
    this.wanted = true;
    try {
      if (connection.signalingState === "have-local-offer") await connection.setLocalDescription({ type: "rollback" });
    } catch (error) {
      if (connection === this.connection) this.broken(error);
      return;
    }
    if (connection !== this.connection) return;
    this.negotiating = false;
    void this.next();
  }

  private broken(error: unknown): void {
    if (this.closed) return;
    console.warn("media not agreed on:", error);
    this.failed();
  }

  private changed(): void {
    switch (this.connection.connectionState) {
      case "connected":
        this.cancelPatience();
        this.cancelDirect();
        this.failures = 0;
        return this.become("connected");
      case "disconnected":
        this.become("reconnecting");
        return this.await(disconnectedPatience, () => {
          this.restart();
          this.await(connectPatience, () => this.failed());
        });
      case "failed":
        return this.failed();
      default:
        return undefined;
    }
  }

  /** Nothing came of this connection: says so, and tries another after a while. */
  private failed(): void {
    // The first one to fail after it had worked is likely to have lost only the server's memory of it.
    this.become(this.link === "connected" || (this.link === "reconnecting" && this.failures === 0) ? "reconnecting" : "failed");
    this.renewLater();
  }

  private renewLater(): void {
    this.cancelPatience();
    this.cancelRetry();
    const pause = this.failures === 0 ? 0 : Math.min(longestPause, shortestPause * 2 ** this.failures);
    this.failures += 1;
    this.cancelRetry = this.options.clock.after(pause, () => this.renew());
  }

  private await(patience: number, body: () => void): void {
    this.cancelPatience();
    this.cancelPatience = this.options.clock.after(patience, body);
  }

  /** Keeps whether one of our addresses is a relay's. After the last one without, none could be reached. */
  private found(candidate: RTCIceCandidate | null): void {
    const before = this.relay;
    if (candidate && / typ relay( |$)/.test(candidate.candidate)) this.relay = "reached";
    else if (!candidate && this.relay === "looking") this.relay = "unreachable";
    if (this.relay !== before) this.options.onChange();
  }

  private become(link: LinkState): void {
    if (this.link === link) return;
    this.link = link;
    this.options.onChange();
  }
}

function newName(): MediaConnectionID {
  return `c-${randomID(8)}` as MediaConnectionID;
}
