// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed } from "../core/signal";
import { isAway } from "../model/room";
import type { MediaState, ParticipantID } from "../protocol/messages";
import type { Call } from "./call";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import cameraOffIcon from "./icons/camera-off.svg";
import linkIcon from "./icons/link.svg";
import microphoneIcon from "./icons/microphone.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import shareIcon from "./icons/share.svg";
import { PanelView } from "./panel";
import { colourOf, initials } from "./person";
import { strings } from "./strings/en";

interface Row {
  readonly id: ParticipantID;
  readonly name: string;
  readonly own: boolean;
  readonly media: MediaState;
  readonly away: boolean;
  readonly guest: boolean;
  /** How they are connected; empty for ourselves and while they are not. */
  readonly route: string;
}

/** Who is here, ourselves first, and what each has switched on. */
export class PeoplePanel extends PanelView {
  constructor(call: Call) {
    super(call, strings.peoplePanel.title, strings.peoplePanel.close);
  }

  protected content(): Node {
    const { call } = this;
    const text = strings.peoplePanel;
    const { room } = call.meeting;
    const routeTo = (id: ParticipantID): string => {
      const remote = call.meeting.remote().get(id);
      // What goes by the server goes by one way to all, which is told once.
      return remote?.link === "connected" && remote.route && remote.by === "page" ? strings.route(remote.route) : "";
    };
    const way = computed(() => {
      const found = [...call.meeting.remote().values()].find(({ by, link, route }) => by === "server" && link === "connected" && route);
      return found?.route ? strings.route(found.route) : "";
    });
    const rows = computed((): Row[] => {
      const { self, people } = room();
      const others = [...people.values()].map((person) => ({ ...person, own: false, guest: person.guest === true, away: isAway(person), route: routeTo(person.id) }));
      return [...(self ? [{ ...self, own: true, guest: false, away: false, route: "" }] : []), ...others];
    });
    return html`
      <p class="panel-note">${() => text.count(rows().length, room().capacity)}
        ${() => (way() ? html`<br><small>${way()}</small>` : null)}</p>
      <ul class="people">
        ${each(rows, ({ id }) => id, (row) => html`
          <li data-colour=${() => colourOf(row().name)} ?data-away=${() => row().away}>
            <span class="avatar small" aria-hidden="true">${() => initials(row().name)}</span>
            <span class="person-name">${() => (row().own ? strings.room.you(row().name) : row().name)}${() => (row().away ? html`<small>${strings.room.away}</small>` : row().route ? html`<small>${row().route}</small>` : null)}</span>
            ${() => (row().media.screen ? this.source(row(), "screen", text.sharing, shareIcon) : null)}
            ${() => (row().media.camera ? this.source(row(), "camera", text.cameraOn, cameraIcon) : state(text.cameraOff, cameraOffIcon, false))}
            ${() => (row().media.microphone ? this.source(row(), "microphone", text.microphoneOn, microphoneIcon) : state(text.microphoneOff, microphoneOffIcon, false))}
          </li>`)}
      </ul>
      <button type="button" class="button quiet wide" @click=${() => void call.copyLink()}>${icon(linkIcon)} ${text.invite}</button>
      ${() => (room().role === "host" ? html`
        <button type="button" class="button quiet wide danger" @click=${() => void call.endForAll()}>${text.end}</button>` : null)}`;
  }

  /** Something that is on: for a host a button that turns it off. Guests' pages do not obey. */
  private source(row: Row, source: "microphone" | "camera" | "screen", label: string, drawing: string): Node {
    const { meeting } = this.call;
    if (row.own || row.guest || meeting.room().role !== "host" || !meeting.room().forwarding) return state(label, drawing, true);
    const action = strings.peoplePanel.mute[source](row.name);
    return html`<button type="button" class="state" aria-label=${action} title=${action}
      @click=${() => meeting.mute(row.id, source)}>${icon(drawing)}</button>`;
  }
}

function state(label: string, drawing: string, on: boolean): Node {
  return html`<span class="state" role="img" aria-label=${label} title=${label} ?data-off=${!on}>${icon(drawing)}</span>`;
}

customElements.define("parley-people", PeoplePanel);
