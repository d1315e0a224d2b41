// SPDX-License-Identifier: Apache-2.0

/**
 * `<parley-room>`: a meeting in somebody else's page, as one element. Served as `/embed.js`; docs/embedding.md tells
 * what it takes and says. It speaks with the meeting's page in a frame by messages and has no code of it.
 */

const version = 1;

/** What the frame may use of what the page may use. */
const permissions = [
  "camera", "microphone", "display-capture", "autoplay", "fullscreen", "picture-in-picture", "screen-wake-lock",
  "speaker-selection", "clipboard-write",
];

/** The server that this script came from. */
const home = ((): string | undefined => {
  const found = document.currentScript ?? document.querySelector('script[src$="/embed.js"]');
  return found instanceof HTMLScriptElement && found.src ? new URL(found.src, location.href).origin : undefined;
})();

type Flag = "microphone" | "camera" | "share" | "hand";

interface Answer {
  readonly ok: boolean;
  readonly problem?: string;
  readonly state?: unknown;
}

/** Why the meeting did not do what it was asked for: `code` is stable. */
class ParleyRoomError extends Error {
  override readonly name = "ParleyRoomError";
  constructor(readonly code: string) {
    super(`the meeting answered ${code}`);
  }
}

const styles = `
  :host { display: block; block-size: 36rem; min-inline-size: 16rem; }
  :host([hidden]) { display: none; }
  iframe { display: block; inline-size: 100%; block-size: 100%; border: 0; border-radius: inherit; background: #12151b; }
`;

export class ParleyRoom extends HTMLElement {
  static readonly observedAttributes = ["room", "server", "lang"];

  private frame: HTMLIFrameElement | undefined;
  private readonly waiting = new Map<number, { resolve: (state: unknown) => void; reject: (error: Error) => void }>();
  private number = 0;
  private isReady = false;
  private queue: (() => void)[] = [];
  private readonly hear = (event: MessageEvent): void => this.heard(event);

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = styles;
    root.append(style);
  }

  connectedCallback(): void {
    window.addEventListener("message", this.hear);
    this.load();
  }

  disconnectedCallback(): void {
    window.removeEventListener("message", this.hear);
    this.unload();
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this.isConnected && before !== after) this.load();
  }

  /** Goes into the meeting; what is left out stays as the person had it last. */
  join(options: { readonly name?: string; readonly microphone?: boolean; readonly camera?: boolean } = {}): Promise<unknown> {
    const { name, microphone, camera } = options;
    return this.ask({ command: "join", name, microphone, camera });
  }

  leave(): Promise<unknown> {
    return this.ask({ command: "leave" });
  }

  /** Switches the microphone off or on. */
  mute(muted = true): Promise<unknown> {
    return this.set("microphone", !muted);
  }

  setCamera(on: boolean): Promise<unknown> {
    return this.set("camera", on);
  }

  /** Browsers allow it right after a click only, and some only if that was in the frame. */
  share(on = true): Promise<unknown> {
    return this.set("share", on);
  }

  raiseHand(raised = true): Promise<unknown> {
    return this.set("hand", raised);
  }

  /** Where the person is, who else is there, what is on. */
  state(): Promise<unknown> {
    return this.ask({ command: "state" });
  }

  private set(command: Flag, on: boolean): Promise<unknown> {
    return this.ask({ command, on });
  }

  private get origin(): string | undefined {
    const server = this.getAttribute("server");
    try {
      return server ? new URL(server, location.href).origin : home;
    } catch {
      return undefined;
    }
  }

  private load(): void {
    this.unload();
    const [room, origin] = [this.getAttribute("room"), this.origin];
    if (!room || !origin) return;
    const address = new URL(`/${encodeURIComponent(room)}`, origin);
    const language = this.getAttribute("lang");
    if (language) address.searchParams.set("lang", language);
    const frame = document.createElement("iframe");
    frame.title = this.getAttribute("label") ?? "Video meeting";
    frame.allow = permissions.map((name) => `${name} ${origin}`).join("; ");
    frame.src = address.href;
    this.frame = frame;
    this.shadowRoot?.append(frame);
  }

  private unload(): void {
    this.frame?.remove();
    this.frame = undefined;
    this.isReady = false;
    this.queue = [];
    for (const { reject } of this.waiting.values()) reject(new ParleyRoomError("unavailable"));
    this.waiting.clear();
  }

  /** What is asked for before the meeting's page is there waits for it. */
  private ask(command: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.frame) return reject(new ParleyRoomError("unavailable"));
      const id = (this.number += 1);
      this.waiting.set(id, { resolve, reject });
      const send = (): void => this.post({ type: "command", id, ...command }, command["command"] === "share");
      if (this.isReady) send();
      else this.queue.push(send);
    });
  }

  private post(message: Readonly<Record<string, unknown>>, delegates = false): void {
    const { origin } = this;
    if (!origin) return;
    // Where the browser can, our click counts in the frame as well.
    const options = { targetOrigin: origin, ...(delegates ? { delegate: "display-capture" } : {}) };
    try {
      this.frame?.contentWindow?.postMessage({ parley: version, ...message }, options);
    } catch {
      // There was no click to delegate.
      this.frame?.contentWindow?.postMessage({ parley: version, ...message }, origin);
    }
  }

  private heard({ data, origin, source }: MessageEvent): void {
    if (!this.frame || source !== this.frame.contentWindow || origin !== this.origin) return;
    if (typeof data !== "object" || data === null || data.parley !== version) return;
    const { parley: _, type, ...detail } = data as Record<string, unknown>;
    if (type === "ready") this.post({ type: "hello" });
    else if (type === "state") this.ready(detail);
    else if (type === "answer") this.answered(detail["id"] as number, detail as unknown as Answer);
    else if (type === "event") this.dispatch(String(detail["event"]), detail);
  }

  private ready(detail: Readonly<Record<string, unknown>>): void {
    if (this.isReady) return;
    this.isReady = true;
    this.dispatch("ready", detail);
    for (const send of this.queue.splice(0)) send();
    if (!this.hasAttribute("autojoin")) return;
    const flag = (name: string): { readonly [name: string]: boolean } => (this.hasAttribute(name) ? { [name]: this.getAttribute(name) !== "off" } : {});
    const name = this.getAttribute("name");
    this.join({ ...(name ? { name } : {}), ...flag("microphone"), ...flag("camera") })
      .catch((error: unknown) => this.dispatch("problem", { problem: (error as ParleyRoomError).code }));
  }

  private answered(id: number, { ok, problem, state }: Answer): void {
    const asked = this.waiting.get(id);
    this.waiting.delete(id);
    if (ok) asked?.resolve(state);
    else asked?.reject(new ParleyRoomError(problem ?? "unavailable"));
  }

  private dispatch(name: string, detail: Readonly<Record<string, unknown>>): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

// A page may load the script twice.
if (!customElements.get("parley-room")) customElements.define("parley-room", ParleyRoom);
