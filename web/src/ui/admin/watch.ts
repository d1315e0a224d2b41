// SPDX-License-Identifier: Apache-2.0

import { every, systemClock } from "../../core/clock";
import { computed, onDispose, Signal, signal } from "../../core/signal";
import { joined, noSeries } from "../../model/series";
import { admin, Findings, Load, OpenRoom, Receiver, Relayed, Series, Span, Trouble } from "../../protocol/admin";
import { APIError } from "../../protocol/api";

/** How often the server takes a sample. */
const period = 5_000;
/** Trouble is not looked at as often as figures. */
const roundsPerTrouble = 4;

const lengths: Readonly<Record<Span, number>> = { hour: 3_600_000, day: 86_400_000 };

/** What the page knows of the server, asked for again and again while somebody looks. */
export class Watch {
  private readonly answers = signal<Load | undefined>(undefined);
  /** The last answer: the server's own facts, and its clock. */
  readonly load: Signal<Load | undefined> = this.answers;
  private readonly kept = signal<Series>(noSeries);
  readonly series: Signal<Series> = this.kept;
  private readonly chosen = signal<Span>("hour");
  readonly span: Signal<Span> = this.chosen;
  private readonly open = signal<readonly OpenRoom[] | undefined>(undefined);
  readonly rooms: Signal<readonly OpenRoom[] | undefined> = this.open;
  private readonly bad = signal<Trouble | undefined>(undefined);
  readonly trouble: Signal<Trouble | undefined> = this.bad;
  private readonly through = signal<readonly Relayed[] | undefined>(undefined);
  readonly relays: Signal<readonly Relayed[] | undefined> = this.through;
  private readonly told = signal<readonly Receiver[] | undefined>(undefined);
  readonly receivers: Signal<readonly Receiver[] | undefined> = this.told;
  private readonly found = signal<Findings | undefined>(undefined);
  readonly findings: Signal<Findings | undefined> = this.found;
  readonly looking = signal(false);
  /** Nothing comes any more: the figures are old. */
  readonly isStale = signal(false);
  /** Nobody is signed in any more who may see this. */
  readonly isOver = signal(false);

  /** What the time axis shows. The server's clock counts, not ours. */
  readonly frame = computed(() => {
    const to = this.load()?.now ?? Date.now();
    return { from: to - lengths[this.chosen()], to };
  });

  private round = 0;

  /** Asks until the surrounding scope ends, while the page is seen. */
  start(): void {
    const stop = every(systemClock, period, () => void this.refresh());
    const seen = (): void => void this.refresh();
    document.addEventListener("visibilitychange", seen);
    onDispose(() => {
      stop();
      document.removeEventListener("visibilitychange", seen);
    });
    void this.refresh();
    void this.examine(false);
  }

  setSpan(span: Span): void {
    if (span === this.chosen.peek()) return;
    this.chosen.set(span);
    this.kept.set(noSeries);
    void this.refresh();
  }

  async refresh(): Promise<void> {
    if (document.hidden || this.isOver.peek()) return;
    const span = this.chosen.peek();
    const withTrouble = this.round % roundsPerTrouble === 0;
    this.round += 1;
    try {
      const [load, rooms, trouble, relays, receivers] = await Promise.all([
        admin.load(span, this.kept.peek().at.at(-1) ?? 0),
        admin.rooms(),
        withTrouble ? admin.trouble() : undefined,
        withTrouble ? admin.relays() : undefined,
        withTrouble ? admin.receivers() : undefined,
      ]);
      if (span !== this.chosen.peek()) return;
      this.kept.set(joined(this.kept.peek(), load, load.now - lengths[span]));
      this.answers.set(load);
      this.open.set(rooms);
      if (trouble) this.bad.set(trouble);
      if (relays) this.through.set(relays);
      if (receivers) this.told.set(receivers);
      this.isStale.set(false);
    } catch (error) {
      const code = error instanceof APIError ? error.code : "";
      if (code === "not-signed-in" || code === "not-allowed") this.isOver.set(true);
      else this.isStale.set(true);
    }
  }

  /** Has the server examine its machine, or tells what was found within the last minute. */
  async examine(again: boolean): Promise<void> {
    if (this.looking.peek()) return;
    this.looking.set(true);
    try {
      this.found.set(await admin.findings(again));
    } catch {
      this.isStale.set(true);
    } finally {
      this.looking.set(false);
    }
  }
}
