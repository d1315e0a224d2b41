// SPDX-License-Identifier: Apache-2.0

import { each, html } from "../core/html";
import { computed, effect, onDispose, signal } from "../core/signal";
import { View } from "../core/view";
import type { Source } from "../media/devices";
import { featured, picturesOf, place, Tile, tiles, turn } from "../model/stage";
import type { Call } from "./call";
import { icon } from "./icon";
import cameraIcon from "./icons/camera.svg";
import cameraOffIcon from "./icons/camera-off.svg";
import leaveIcon from "./icons/leave.svg";
import microphoneIcon from "./icons/microphone.svg";
import microphoneOffIcon from "./icons/microphone-off.svg";
import { settings } from "./settings";
import { handleShortcuts } from "./shortcuts";
import { put, sameTiles } from "./stage";
import { strings } from "./strings";
import { tileOf } from "./tile";
import { toast } from "./toasts";

/** In pixels of CSS: what shows a face and three buttons. */
const size = { width: 380, height: 280 } as const;

export function canFloat(): boolean {
  return window.documentPictureInPicture !== undefined;
}

/** Opens a small window that stays on top of everything else, or closes it. */
export async function toggleFloating(call: Call): Promise<void> {
  const present = call.floating.peek();
  if (present) return present.close();
  try {
    const opened = await window.documentPictureInPicture?.requestWindow(size);
    if (opened) fill(opened, call);
  } catch {
    toast(strings.stage.floatFailed);
  }
}

/** Ends the small window with the call. */
export function closeFloating(call: Call): void {
  call.floating.peek()?.close();
}

function fill(opened: Window, call: Call): void {
  const page = opened.document;
  page.title = strings.stage.floatTitle({ code: call.meeting.code });
  page.documentElement.lang = document.documentElement.lang;
  page.documentElement.dir = document.documentElement.dir;
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) page.head.append(sheet.cloneNode());
  const endKeys = handleShortcuts(call, page);
  const view = new FloatingRoom(call);
  opened.addEventListener("pagehide", () => {
    endKeys();
    view.remove();
    call.floating.set(undefined);
  });
  page.body.append(view);
  call.floating.set(opened);
}

/** Our own screen is what the window lies on. */
function isWorthASmallWindow({ kind, key }: Tile): boolean {
  return kind !== "invite" && key !== "share self";
}

/** The meeting in a small window: who speaks or is pinned, ourselves, and the controls one reaches for most. */
class FloatingRoom extends View {
  constructor(private readonly call: Call) {
    super();
    this.className = "floating-room";
  }

  protected render(): Node {
    const { call } = this;
    const { meeting } = call;
    const area = signal({ width: 0, height: 0 }, (a, b) => a.width === b.width && a.height === b.height);
    const all = computed(() => tiles(meeting.room(), settings().hideSelf).filter(isWorthASmallWindow), sameTiles);
    const large = computed(() => {
      const wish = { layout: "speaker", pinned: call.pinned(), speaker: meeting.speakers().active, spotlight: meeting.room().spotlight } as const;
      return featured(all(), wish) ?? all()[0];
    });
    const shown = computed(() => turn(all(), large(), 1, { layout: "speaker", page: 0, before: [], recent: [], room: meeting.room() }).shown, sameTiles);
    const places = computed(() => {
      const { width, height } = area();
      return new Map(place(shown(), large(), width, height, "speaker").map((placed) => [placed.tile.key, placed]));
    });
    effect(() => call.pictures.floating.set(picturesOf(places().values(), devicePixelRatio, call.saving())));
    onDispose(() => call.pictures.floating.set([]));
    const watch = (element: Element): void => {
      const observer = new ResizeObserver(([entry]) => {
        if (entry) area.set({ width: entry.contentRect.width, height: entry.contentRect.height });
      });
      observer.observe(element);
      onDispose(() => observer.disconnect());
    };
    return html`
      <div class="stage" role="group" aria-label=${strings.room.stage} ref=${watch}>
        ${each(shown, ({ key }) => key, (tile) => {
          const view = tileOf(call, tile.peek());
          effect(() => put(view, places().get(tile.peek().key)));
          return view;
        })}
      </div>
      <div class="toolbar" role="toolbar" aria-label=${strings.room.controls}>
        ${this.source("microphone")}
        ${this.source("camera")}
        <button type="button" class="round leave" aria-label=${strings.room.leave} title=${strings.room.leave}
          @click=${() => call.leave()}>${icon(leaveIcon)}</button>
      </div>`;
  }

  private source(kind: Source): Node {
    const { call } = this;
    const source = call.meeting.devices[kind];
    const [onIcon, offIcon] = kind === "microphone" ? [microphoneIcon, microphoneOffIcon] : [cameraIcon, cameraOffIcon];
    const on = computed(() => source().on);
    const label = (): string => strings.devices[on() ? "turnOff" : "turnOn"][kind];
    const flip = (): void => (kind === "microphone" ? call.toggleMicrophone() : call.toggleCamera());
    return html`
      <button type="button" class="round" ?data-off=${() => !on()} aria-label=${label} title=${label} @click=${flip}>
        ${() => icon(on() ? onIcon : offIcon)}</button>`;
  }
}

customElements.define("parley-floating", FloatingRoom);
