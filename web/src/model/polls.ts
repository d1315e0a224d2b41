// SPDX-License-Identifier: Apache-2.0

import { randomID } from "../core/clock";
import type { ClientRequests, ParticipantID, Poll, PollDraft } from "../protocol/messages";
import { limits } from "../protocol/messages";

/** How an option of a poll did. */
export interface Result {
  readonly option: string;
  /** Unknown while that is secret. */
  readonly votes: number | undefined;
  /** Of those who voted, 0 to 1. */
  readonly share: number;
  readonly own: boolean;
  /** Who chose it; nobody is named where that is secret. */
  readonly names: readonly string[];
  /** No option has more. */
  readonly leads: boolean;
}

export function results(poll: Poll): readonly Result[] {
  const most = Math.max(1, ...(poll.votes ?? []));
  return poll.options.map((option, index) => {
    const votes = poll.votes?.[index];
    return {
      option,
      votes,
      share: poll.voted > 0 ? (votes ?? 0) / poll.voted : 0,
      own: poll.own?.includes(index) ?? false,
      names: poll.voters?.[index]?.map(({ name }) => name) ?? [],
      leads: votes === most,
    };
  });
}

/** Polls that wait for our vote. */
export function unanswered(polls: readonly Poll[]): number {
  return polls.filter(({ closed, own = [] }) => !closed && own.length === 0).length;
}

/** Why a poll cannot be opened as it is written; nothing when it can. */
export type DraftProblem = "question" | "options" | "same";

/** A poll from what was written: without what was left empty. */
export function draftOf(
  question: string, options: readonly string[], kind: Pick<PollDraft, "secret" | "several">,
): { readonly draft: PollDraft } | { readonly problem: DraftProblem } {
  const asked = question.trim();
  const offered = options.map((option) => option.trim()).filter((option) => option !== "");
  if (asked === "" || [...asked].length > limits.question) return { problem: "question" };
  if (offered.length < 2 || offered.length > limits.options) return { problem: "options" };
  if (new Set(offered).size < offered.length) return { problem: "same" };
  return { draft: { id: randomID(), question: asked, options: offered, ...kind } };
}

/** What a click on an option makes of our vote. */
export function chosen(poll: Pick<Poll, "several" | "own">, option: number): readonly number[] {
  const own = poll.own ?? [];
  if (own.includes(option)) return own.filter((each) => each !== option);
  return poll.several ? [...own, option].sort((a, b) => a - b) : [option];
}

export type PollRequest = "poll-open" | "poll-vote" | "poll-close" | "poll-delete" | "lobby-chat";

/** Asks the server, which answers whether it did it. */
export type Ask = <N extends PollRequest>(name: N, payload: ClientRequests[N]["payload"], answered?: (done: boolean) => void) => void;

/** What one can do with polls, and say in the lobby. */
export class Polls {
  constructor(private readonly ask: Ask, private readonly voted: (poll: string, options: readonly number[]) => void) {}

  open(draft: PollDraft, done: () => void = () => {}): void {
    this.ask("poll-open", draft, (opened) => opened && done());
  }

  /** Shown at once, so that a second choice adds to the first; taken back when it did not count. */
  vote({ id, own = [] }: Pick<Poll, "id" | "own">, options: readonly number[]): void {
    this.voted(id, options);
    this.ask("poll-vote", { poll: id, options }, (counted) => counted || this.voted(id, own));
  }

  close(poll: string): void {
    this.ask("poll-close", { poll });
  }

  delete(poll: string): void {
    this.ask("poll-delete", { poll });
  }

  /** In the lobby: to the hosts. From a host: to one who waits, or to all. */
  sayInLobby(text: string, to?: ParticipantID): void {
    this.ask("lobby-chat", to === undefined ? { text } : { text, to });
  }
}
