// SPDX-License-Identifier: Apache-2.0

import { Child, each, html } from "../core/html";
import { computed, effect, Signal, signal } from "../core/signal";
import { isHosting, mayMute } from "../model/hosting";
import { matches } from "../model/people";
import { isAway } from "../model/room";
import type { Tile } from "../model/stage";
import type { MediaState, MeetingRole, ParticipantID } from "../protocol/messages";
import type { Call } from "./call";
import { holdFocus } from "./hold-focus";
import { notes, roleName } from "./host-actions";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import cameraOffIcon from "./icons/camera-off.svg";
import linkIcon from "./icons/link.svg";
import microphoneIcon from "./icons/microphone.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import moreIcon from "./icons/more.svg";
import searchIcon from "./icons/search.svg";
import shareIcon from "./icons/share.svg";
import { lobbySection } from "./lobby-section";
import { longList } from "./long-list";
import { PanelView } from "./panel";
import { colourOf, initials } from "./person";
import { strings } from "./strings";
import { routeOf } from "./words";

interface Row {
  readonly id: ParticipantID;
  readonly name: string;
  readonly own: boolean;
  readonly role: MeetingRole | undefined;
  readonly media: MediaState;
  readonly away: boolean;
  /** How they are connected; empty for ourselves and while they are not. */
  readonly route: string;
}

/** From so many people on there is a field to look for one. */
const searchFrom = 9;

/** Who wants to come in, whose hands are up, and who is here with what switched on: ourselves first. */
export class PeoplePanel extends PanelView {
  private readonly query = signal("");

  constructor(call: Call) {
    super(call, strings.peoplePanel.title, strings.peoplePanel.close);
  }

  protected content(): Node {
    const { call } = this;
    const text = strings.peoplePanel;
    const { room } = call.meeting;
    const all = computed(() => this.rows());
    const found = computed(() => (this.query().trim() === "" ? all() : all().filter(({ name }) => matches(name, this.query()))));
    const hosting = computed(() => isHosting(room().role));
    const scroller = document.createElement("div");
    scroller.className = "people-lists";
    scroller.tabIndex = -1;
    holdFocus(this);
    effect(() => {
      // A field that goes must not leave its filter behind.
      if (all().length < searchFrom) this.query.set("");
    });
    scroller.append(html`
      ${lobbySection(call)}
      ${this.hands()}
      <section aria-labelledby="people-here">
        <header class="people-head"><h3 id="people-here">${() => text.count({ count: all().length, capacity: room().capacity })}</h3>
          ${() => (hosting() && all().length > 1 ? html`
            <button type="button" class="button quiet small" @click=${() => void call.muteAll("microphone")}>${strings.hosting.muteAll.microphone}</button>` : null)}
        </header>
        ${() => (this.way() ? html`<p class="panel-note"><small>${this.way()}</small></p>` : null)}
        ${longList("people", { scroller, items: found, key: ({ id }) => id, line: (row) => this.line(row) })}
        ${() => (found().length === 0 ? html`<p class="panel-note" role="status">${strings.hosting.nobodyFound}</p>` : null)}
      </section>`);
    return html`
      ${() => (all().length >= searchFrom ? this.search() : null)}
      ${scroller}
      <button type="button" class="button quiet wide" @click=${() => void call.copyLink()}>${icon(linkIcon)} ${text.invite}</button>`;
  }

  private rows(): Row[] {
    const { self, role, people } = this.call.meeting.room();
    const others = [...people.values()].map((person): Row => {
      const { id, name, media } = person;
      return { id, name, media, role: person.role, own: false, away: isAway(person), route: this.routeTo(id) };
    });
    return [...(self ? [{ ...self, role, own: true, away: false, route: "" }] : []), ...others];
  }

  private routeTo(id: ParticipantID): string {
    const remote = this.call.meeting.remote().get(id);
    // What goes by the server goes by one way to all, which is told once.
    return remote?.link === "connected" && remote.route && remote.by === "page" ? routeOf(remote.route) : "";
  }

  private way(): string {
    const found = [...this.call.meeting.remote().values()].find(({ by, link, route }) => by === "server" && link === "connected" && route);
    return found?.route ? routeOf(found.route) : "";
  }

  private search(): Node {
    const text = strings.hosting;
    return html`
      <p class="people-search">${icon(searchIcon)}
        <input type="search" placeholder=${text.find} aria-label=${text.find} .value=${this.query.peek()}
          @input=${(event: Event) => this.query.set((event.target as HTMLInputElement).value)}></p>`;
  }

  /** The queue of raised hands: who is first has waited longest. */
  private hands(): Child {
    const { call } = this;
    const { meeting } = call;
    const text = strings.hosting;
    const queue = computed(() => meeting.room().hands.map(({ participant }) => participant));
    const hosting = (): boolean => isHosting(meeting.room().role);
    const any = computed(() => queue().length > 0);
    return () => (any() ? html`
      <section aria-labelledby="people-hands">
        <header class="people-head"><h3 id="people-hands">${() => text.hands({ count: queue().length })}</h3>
          ${() => (hosting() && queue().length > 1 ? html`
            <button type="button" class="button quiet small" @click=${() => meeting.host.lowerHands()}>${text.lowerAll}</button>` : null)}
        </header>
        <ol class="people hands">
          ${each(queue, (id) => id, (id) => {
            const name = (): string => call.nameAt(id());
            const own = (): boolean => id() === meeting.room().self?.id;
            const lower = (): void => (own() ? call.toggleHand() : meeting.host.lowerHands(id.peek()));
            return html`
              <li data-colour=${() => colourOf(name())}>
                <span class="hand-place">${() => call.hands().get(id()) ?? ""}</span>
                <span class="avatar small" aria-hidden="true">${() => initials(name())}</span>
                <span class="person-name">${() => (own() ? strings.room.you({ name: name() }) : name())}</span>
                ${() => (own() || hosting() ? html`
                  <button type="button" class="button quiet small" aria-label=${() => text.lowerHandOf({ name: name() })} @click=${lower}>${text.lower}</button>` : null)}
              </li>`;
          })}
        </ol>
      </section>` : null);
  }

  private line(row: Signal<Row>): Element {
    const { call } = this;
    const text = strings.peoplePanel;
    const opened = computed(() => call.tileMenu()?.tile.key === tileFor(row()).key);
    const name = (): string => (row().own ? strings.room.you({ name: row().name }) : row().name);
    const line = document.createElement("li");
    effect(() => (line.dataset["colour"] = String(colourOf(row().name))));
    effect(() => line.toggleAttribute("data-away", row().away));
    line.append(html`
      <span class="avatar small" aria-hidden="true">${() => initials(row().name)}</span>
      <span class="person-name"><span class="person-called" dir="auto" title=${name}>${name}</span>${() => notes(roleName(row().role), row().away ? strings.room.away : row().route)}</span>
      ${() => (row().media.screen ? this.source(row(), "screen", text.sharing, shareIcon) : null)}
      ${() => (row().media.camera ? this.source(row(), "camera", text.cameraOn, cameraIcon) : state(text.cameraOff, cameraOffIcon, false))}
      ${() => (row().media.microphone ? this.source(row(), "microphone", text.microphoneOn, microphoneIcon) : state(text.microphoneOff, microphoneOffIcon, false))}
      <button type="button" class="state more" aria-haspopup="dialog" aria-expanded=${() => String(opened())} aria-label=${() => strings.stage.menuOf({ name: name() })}
        title=${strings.stage.more} @click=${(event: Event) => call.toggleMenu(tileFor(row.peek()), event.currentTarget as HTMLElement)}>${icon(moreIcon)}</button>`);
    return line;
  }

  /** Something that is on: for a host a button that turns it off. Guests' pages do not obey. */
  private source(row: Row, source: "microphone" | "camera" | "screen", label: string, drawing: string): Node {
    const { meeting } = this.call;
    if (!mayMute(meeting.room(), row.id)) return state(label, drawing, true);
    const action = strings.peoplePanel.mute[source]({ name: row.name });
    return html`<button type="button" class="state" aria-label=${action} title=${action}
      @click=${() => meeting.host.mute(row.id, source)}>${icon(drawing)}</button>`;
  }
}

/** What the menu of a line is about: the same as that of the person's tile. */
function tileFor({ id, own }: Row): Tile {
  return own ? { kind: "self", key: "self" } : { kind: "person", key: `person ${id}`, id };
}

function state(label: string, drawing: string, on: boolean): Node {
  return html`<span class="state" role="img" aria-label=${label} title=${label} ?data-off=${!on}>${icon(drawing)}</span>`;
}

customElements.define("parley-people", PeoplePanel);
