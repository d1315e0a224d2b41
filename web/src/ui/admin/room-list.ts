// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../../core/html";
import type { Signal } from "../../core/signal";
import { View } from "../../core/view";
import type { OpenRoom, RoomPerson } from "../../protocol/admin";
import { api, APIError } from "../../protocol/api";
import { confirmed } from "../ask";
import { icon } from "../icon";
import cameraOff from "../icons/camera-off.svg";
import cameraOn from "../icons/camera.svg";
import microphoneOff from "../icons/microphone-off.svg";
import microphoneOn from "../icons/microphone.svg";
import share from "../icons/share.svg";
import { colourOf, initials } from "../person";
import { strings } from "../strings";
import { toast } from "../toasts";
import { described } from "../words";
import { lasting } from "./amounts";
import type { Watch } from "./watch";

/** Every meeting with somebody in it, who that is, and a way to end it. */
export class RoomList extends View {
  constructor(private readonly watch: Watch) {
    super();
  }

  protected render(): Node {
    const text = strings.admin.rooms;
    const { watch } = this;
    const rooms = (): readonly OpenRoom[] => watch.rooms() ?? [];
    return html`
      <section aria-labelledby="rooms-title">
        <div class="section-head"><h2 id="rooms-title" tabindex="-1">${text.heading}</h2></div>
        ${() => (watch.rooms()?.length === 0 ? html`<p class="card empty-note">${text.empty}</p>` : null)}
        <ul class="open-rooms">${each(rooms, ({ meeting }) => meeting, (room) => this.room(room))}</ul>
      </section>`;
  }

  private room(room: Signal<OpenRoom>): DocumentFragment {
    const text = strings.admin.rooms;
    const code = room.peek().meeting;
    const facts = (): string => described([
      strings.common.people({ count: room().people.length }),
      ...(room().waiting > 0 ? [text.waiting({ count: room().waiting })] : []),
      text.since({ length: lasting((this.watch.load()?.now ?? Date.now()) - room().openedAt) }),
    ]);
    return html`
      <li class="card open-room">
        <div class="open-room-head">
          <p><strong>${() => room().name ?? code}</strong>${() => (room().name ? html` <small>${code}</small>` : null)}<br><small>${facts}</small></p>
          <a class="button quiet" href=${`/${code}`} aria-label=${text.joinLabel({ code })}>${text.join}</a>
          <button type="button" class="button danger" aria-label=${text.endLabel({ code })} @click=${() => void this.end(room.peek())}>${text.end}</button>
        </div>
        <details>
          <summary>${text.who}</summary>
          <ul class="room-people">${each(() => room().people, ({ id }) => id, (person) => this.person(person))}</ul>
        </details>
      </li>`;
  }

  private person(person: Signal<RoomPerson>): DocumentFragment {
    const text = strings.admin.rooms;
    const facts = (): string => described([
      text.roles[person().role],
      ...(person().guest ? [text.guest] : []),
      ...(person().connected ? [] : [text.lost]),
      lasting((this.watch.load()?.now ?? Date.now()) - person().joinedAt),
    ]);
    const device = (on: boolean, name: "microphone" | "camera"): Node => html`
      <span class="device" data-off=${on ? undefined : ""} role="img" aria-label=${text[on ? "on" : "off"][name]} title=${text[on ? "on" : "off"][name]}>
        ${icon(name === "microphone" ? (on ? microphoneOn : microphoneOff) : on ? cameraOn : cameraOff)}</span>`;
    return html`
      <li class="room-person">
        <span class="avatar small" aria-hidden="true" data-colour=${() => colourOf(person().name)}>${() => initials(person().name)}</span>
        <p><bdi>${() => person().name}</bdi><br><small>${facts}</small></p>
        ${() => [device(person().microphone, "microphone"), device(person().camera, "camera")]}
        ${() => (person().screen ? html`<span class="device" role="img" aria-label=${text.on.screen} title=${text.on.screen}>${icon(share)}</span>` : null)}
      </li>`;
  }

  private async end({ meeting, name, people }: OpenRoom): Promise<void> {
    const text = strings.admin.rooms;
    const { question, detail } = text.endConfirm;
    const yes = text.end;
    if (!(await confirmed({ question: question({ name: name ?? meeting }), detail: detail({ count: people.length }), yes }))) return;
    try {
      await api.end(meeting);
      toast(text.ended({ name: name ?? meeting }));
      document.getElementById("rooms-title")?.focus();
    } catch (error) {
      toast((error instanceof APIError && error.message) || text.endFailed);
    }
    await this.watch.refresh();
  }
}

customElements.define("parley-admin-rooms", RoomList);
