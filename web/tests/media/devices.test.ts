// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LocalDevices } from "../../src/media/devices";

class Track extends EventTarget {
  enabled = true;
  muted = false;
  readyState = "live";
  contentHint = "";
  device: string;
  side: string | undefined;
  constructor(readonly kind: string) {
    super();
    this.device = `${kind} 1`;
  }
  stop(): void {
    this.readyState = "ended";
  }
  getSettings(): object {
    return { deviceId: this.device, ...(this.side ? { facingMode: this.side } : {}) };
  }
}

interface Question {
  readonly kinds: string;
  /** The ids insisted on. */
  readonly exact: string;
  /** Whether noise is to be taken out of a voice. */
  readonly denoise: boolean | undefined;
  /** The side of the phone insisted on. */
  readonly side: string | undefined;
  readonly allow: () => Track[];
  readonly refuse: (name: string) => void;
}

/** The browser: what it was asked, and the answers the test gives. */
class Browser extends EventTarget {
  readonly questions: Question[] = [];
  /** More devices than usual. */
  others: object[] = [];

  getUserMedia(constraints: { audio?: MediaTrackConstraints; video?: MediaTrackConstraints }): Promise<object> {
    const kinds = (["audio", "video"] as const).filter((kind) => constraints[kind] !== undefined);
    return new Promise((resolve, reject) => {
      this.questions.push({
        kinds: kinds.join("+"),
        exact: kinds.map((kind) => (constraints[kind]?.deviceId as { exact?: string } | undefined)?.exact ?? "any").join("+"),
        denoise: constraints.audio?.noiseSuppression as boolean | undefined,
        side: (constraints.video?.facingMode as { exact?: string } | undefined)?.exact,
        allow: () => {
          const tracks = kinds.map((kind) => new Track(kind));
          const of = (kind: string) => () => tracks.filter((track) => track.kind === kind);
          resolve({ getTracks: () => tracks, getAudioTracks: of("audio"), getVideoTracks: of("video") });
          return tracks;
        },
        refuse: (name) => reject(Object.assign(new Error(), { name })),
      });
    });
  }

  async enumerateDevices(): Promise<object[]> {
    return [
      { kind: "audioinput", deviceId: "audio 1", label: "Headset" },
      { kind: "videoinput", deviceId: "video 1", label: "Webcam" },
      { kind: "audiooutput", deviceId: "", label: "" },
      ...this.others,
    ];
  }

  get last(): Question {
    return this.questions[this.questions.length - 1] as Question;
  }
}

Object.assign(globalThis, {
  window: { isSecureContext: true },
  document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
  MediaStream: class {},
});

function setUp(mediaDevices: Browser | undefined = new Browser()): { browser: Browser; devices: LocalDevices } {
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });
  return { browser: mediaDevices as Browser, devices: new LocalDevices({}) };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const both = { microphone: true, camera: true };

/** Devices that are open. */
async function opened(): Promise<{ browser: Browser; devices: LocalDevices; microphone: Track; camera: Track }> {
  const { browser, devices } = setUp();
  void devices.start(both);
  const [microphone, camera] = browser.last.allow() as [Track, Track];
  await settle();
  return { browser, devices, microphone, camera };
}

describe("Our devices", () => {
  it("are opened with one question", async () => {
    const { browser, devices, microphone, camera } = await opened();
    assert.deepEqual(browser.questions.map(({ kinds }) => kinds), ["audio+video"]);
    assert.deepEqual([devices.microphone().track, devices.camera().track] as unknown[], [microphone, camera]);
    assert.deepEqual(devices.lists().microphone, [{ id: "audio 1", label: "Headset" }]);
    assert.deepEqual(devices.lists().speaker, []);
  });

  it("are tried one by one when one of them fails", async () => {
    const { browser, devices } = setUp();
    void devices.start(both);
    browser.last.refuse("NotReadableError");
    await settle();
    browser.last.allow();
    await settle();
    browser.last.refuse("NotReadableError");
    await settle();
    assert.deepEqual(browser.questions.map(({ kinds }) => kinds), ["audio+video", "audio", "video"]);
    assert.equal(devices.microphone().on, true);
    assert.deepEqual([devices.camera().on, devices.camera().problem], [false, "in-use"]);
  });

  it("keep a muted microphone open and close a camera that is off", async () => {
    const { devices, microphone, camera } = await opened();
    await devices.setMicrophone(false);
    await devices.setCamera(false);
    assert.deepEqual([microphone.enabled, microphone.readyState], [false, "live"]);
    assert.deepEqual([camera.readyState, devices.camera().track], ["ended", null]);
  });

  it("stay muted when another microphone is chosen", async () => {
    const { browser, devices, microphone } = await opened();
    await devices.setMicrophone(false);
    void devices.choose("microphone", "audio 2");
    const [next] = browser.last.allow() as [Track];
    await settle();
    assert.deepEqual([next.enabled, microphone.readyState, devices.microphone().on], [false, "ended", false]);
  });

  it("keep the old microphone when the new one does not open", async () => {
    const { browser, devices, microphone } = await opened();
    void devices.choose("microphone", "audio 2");
    browser.last.refuse("NotReadableError");
    await settle();
    assert.equal(devices.microphone().track as unknown, microphone);
    assert.equal(devices.microphone().problem, undefined);
  });

  it("are the chosen ones and no others that the browser may prefer", async () => {
    const { browser, devices } = await opened();
    void devices.choose("camera", "video 2");
    assert.equal(browser.last.exact, "video 2");
    browser.last.allow();
    await settle();
    assert.equal(devices.choice().camera, "video 2");
  });

  it("are others when the chosen ones are not there today", async () => {
    const { browser } = setUp();
    const devices = new LocalDevices({ microphone: "audio 2" });
    void devices.start(both);
    for (const name of ["OverconstrainedError", "OverconstrainedError"]) {
      browser.last.refuse(name);
      await settle();
    }
    const [microphone] = browser.last.allow() as [Track];
    await settle();
    browser.last.allow();
    await settle();
    assert.deepEqual(browser.questions.map(({ kinds, exact }) => `${kinds}: ${exact}`), [
      "audio+video: audio 2+any", "audio: audio 2", "audio: any", "video: any",
    ]);
    assert.equal(devices.microphone().track as unknown, microphone);
    assert.deepEqual([devices.choice().microphone, devices.camera().on], ["audio 2", true]);
  });

  it("follow the last of several quick choices", async () => {
    const { browser, devices } = await opened();
    void devices.choose("camera", "video 2");
    void devices.choose("camera", "video 3");
    const [second] = browser.last.allow() as [Track];
    await settle();
    const [third] = browser.last.allow() as [Track];
    await settle();
    assert.deepEqual(browser.questions.map(({ exact }) => exact), ["any+any", "video 2", "video 3"]);
    assert.equal(devices.camera().track as unknown, third);
    assert.deepEqual([second.readyState, third.readyState], ["ended", "live"]);
  });

  it("turn to the camera on the other side of a phone", async () => {
    const { browser, devices, camera } = await opened();
    camera.side = "user";
    void devices.turnCamera();
    assert.deepEqual([browser.last.side, browser.last.exact], ["environment", "any"]);
    const [back] = browser.last.allow() as [Track];
    Object.assign(back, { device: "video 2", side: "environment" });
    await settle();
    assert.deepEqual([devices.camera().track as unknown, devices.choice().camera], [back, "video 2"]);
  });

  it("turn to the next camera where none has a side", async () => {
    const { browser, devices } = await opened();
    browser.others = [{ kind: "videoinput", deviceId: "video 2", label: "Other" }];
    browser.dispatchEvent(new Event("devicechange"));
    await settle();
    void devices.turnCamera();
    assert.deepEqual([browser.last.side, browser.last.exact], [undefined, "video 2"]);
  });

  it("are tried again when one is plugged in", async () => {
    const { browser, devices } = setUp();
    void devices.start({ microphone: false, camera: true });
    browser.last.refuse("NotFoundError");
    await settle();
    assert.equal(devices.camera().problem, "not-found");
    browser.dispatchEvent(new Event("devicechange"));
    await settle();
    browser.last.allow();
    await settle();
    assert.deepEqual([devices.camera().problem, devices.camera().on], [undefined, true]);
  });

  it("are tried again when another program may have let go of one", async () => {
    const { browser, devices } = setUp();
    void devices.start({ microphone: true, camera: false });
    browser.last.refuse("NotReadableError");
    await settle();
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    assert.equal(browser.questions.length, 2);
  });

  it("are tried again when the person allows them in the browser", async () => {
    const { browser } = setUp();
    const status = Object.assign(new EventTarget(), { state: "denied", onchange: (): void => undefined });
    Object.assign(navigator, { permissions: { query: async () => status } });
    const devices = new LocalDevices({});
    void devices.start({ microphone: true, camera: false });
    browser.last.refuse("NotAllowedError");
    await settle();
    assert.equal(devices.microphone().problem, "denied");
    status.state = "granted";
    status.onchange();
    await settle();
    assert.equal(browser.questions.length, 2);
  });

  it("close a camera that arrives after it was switched off", async () => {
    const { browser, devices } = setUp();
    void devices.start({ microphone: false, camera: true });
    await devices.setCamera(false);
    const [camera] = browser.last.allow() as [Track];
    await settle();
    assert.deepEqual([camera.readyState, devices.camera().on, devices.camera().track], ["ended", false, null]);
  });

  it("let a microphone go before it is opened again with its noise", async () => {
    const { browser, devices, microphone } = await opened();
    await devices.setMicrophone(false);
    void devices.setDenoise(false);
    assert.deepEqual([microphone.readyState, devices.microphone().track], ["ended", null]);
    assert.deepEqual([browser.last.kinds, browser.last.denoise], ["audio", false]);
    const [next] = browser.last.allow() as [Track];
    await settle();
    assert.deepEqual([next.enabled, devices.microphone().on, devices.microphone().starting], [false, false, false]);
    assert.equal(devices.microphone().track as unknown, next);
  });

  it("open a microphone again when its noise was decided on meanwhile", async () => {
    const { browser, devices } = setUp();
    void devices.start({ microphone: true, camera: false });
    await devices.setDenoise(false);
    browser.last.allow();
    await settle();
    assert.deepEqual(browser.questions.map(({ denoise }) => denoise), [true, false]);
    browser.last.allow();
    await settle();
    assert.deepEqual([devices.microphone().on, devices.microphone().starting], [true, false]);
  });

  it("ask for nothing when noise is decided on before there is a microphone", async () => {
    const { browser, devices } = setUp();
    await devices.setDenoise(false);
    assert.equal(browser.questions.length, 0);
    void devices.start({ microphone: true, camera: false });
    assert.equal(browser.last.denoise, false);
  });

  it("mute a microphone that arrives after the key to talk was let go", async () => {
    const { browser, devices } = setUp();
    void devices.setMicrophone(true);
    void devices.setMicrophone(false);
    const [microphone] = browser.last.allow() as [Track];
    await settle();
    assert.deepEqual([microphone.enabled, devices.microphone().on], [false, false]);
    assert.equal(browser.questions.length, 1);
  });

  it("close what arrives after everything was closed", async () => {
    const { browser, devices } = setUp();
    void devices.start(both);
    devices.close();
    const tracks = browser.last.allow();
    await settle();
    assert.deepEqual(tracks.map(({ readyState }) => readyState), ["ended", "ended"]);
  });

  it("go on with another device when one is unplugged, and say so", async () => {
    const { browser, devices, camera } = await opened();
    const lost: unknown[] = [];
    devices.onLost = (...what) => lost.push(what);
    camera.stop();
    camera.dispatchEvent(new Event("ended"));
    const [next] = browser.last.allow() as [Track];
    await settle();
    assert.equal(devices.camera().track as unknown, next);
    assert.deepEqual(lost, [["camera", true]]);
  });

  it("say that the page is not secure where a browser offers none", async () => {
    Object.assign(window, { isSecureContext: false });
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
    const devices = new LocalDevices({});
    await devices.start(both);
    Object.assign(window, { isSecureContext: true });
    assert.deepEqual([devices.microphone().problem, devices.camera().problem], ["insecure", "insecure"]);
  });
});
