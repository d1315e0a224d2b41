// SPDX-License-Identifier: Apache-2.0

import type { ClientRequests, MediaSource, MeetingRole, MeetingRules, ParticipantID } from "../protocol/messages";

/** Requests that only those who host may make. */
export type HostRequest = "mute" | "mute-all" | "role" | "remove" | "rules" | "admit" | "deny" | "spotlight" | "recording" | "lower-hands";

type Ask = <N extends HostRequest>(name: N, payload: ClientRequests[N]["payload"], answered?: () => void) => void;

/** What somebody who hosts asks of the server; hosting.ts says what is offered to whom. Nothing changes before the server says so. */
export class HostWishes {
  /** Rules as they will be once the server has answered, so that two changes in a row do not undo each other. */
  private coming: MeetingRules | undefined;

  constructor(private readonly ask: Ask, private readonly rules: () => MeetingRules) {}

  /** Switches something of somebody else off. */
  mute(participant: ParticipantID, source: MediaSource): void {
    this.ask("mute", { participant, source });
  }

  /** The same for everybody who does not host. */
  muteAll(source: MediaSource): void {
    this.ask("mute-all", { source });
  }

  setRole(participant: ParticipantID, role: MeetingRole): void {
    this.ask("role", { participant, role });
  }

  remove(participant: ParticipantID): void {
    this.ask("remove", { participant });
  }

  /** Changes some of the rules. */
  changeRules(change: Partial<MeetingRules>): void {
    const rules = { ...(this.coming ?? this.rules()), ...change };
    this.coming = rules;
    this.ask("rules", { rules }, () => {
      if (this.coming === rules) this.coming = undefined;
    });
  }

  /** Lets in some of those who wait, or all. */
  admit(participants: readonly ParticipantID[] | null = null): void {
    this.ask("admit", { participants });
  }

  /** Sends away some of those who wait, or all. */
  deny(participants: readonly ParticipantID[] | null = null): void {
    this.ask("deny", { participants });
  }

  /** Wants everybody to see somebody, or nobody more than others. */
  spotlight(participant: ParticipantID | null): void {
    this.ask("spotlight", { participant });
  }

  /** Tells everybody that we record, or that nobody does any more. */
  setRecording(on: boolean): void {
    this.ask("recording", { on });
  }

  /** Lowers somebody's hand, or everybody's. */
  lowerHands(participant: ParticipantID | null = null): void {
    this.ask("lower-hands", { participant });
  }
}
