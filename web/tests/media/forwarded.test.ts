// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LocalMedia, Picture } from "../../src/media/session";
import type { MediaSectionID } from "../../src/protocol/messages";
import { id, mediaOff, pageOf } from "../samples";
import { FakeConnection, FakeStream, FakeTrack } from "./fake-connection";
import { MediaBench } from "./fake-media-server";

const silent: LocalMedia = { microphone: null, camera: null, screen: null };
const camera = (width: number): MediaStreamTrack =>
  new FakeTrack("video", { width, height: (width * 9) / 16 }) as unknown as MediaStreamTrack;
const microphone = (): MediaStreamTrack => new FakeTrack("audio") as unknown as MediaStreamTrack;
const screen = (...kinds: string[]): MediaStream => new FakeStream(kinds.map((kind) => new FakeTrack(kind))) as unknown as MediaStream;
const peer = (name: string) => ({ id: id(name), page: pageOf(`${name}-1`), media: mediaOff });
const picture = (name: string, width = 640, priority = 100): Picture =>
  ({ participant: id(name), source: "camera", width, height: (width * 9) / 16, priority });
const slot = (mid: string): MediaSectionID => mid as MediaSectionID;

async function bench(options?: ConstructorParameters<typeof MediaBench>[0]): Promise<MediaBench> {
  const made = new MediaBench(options);
  made.session.setPeople(["a", "b", "c"].map(peer));
  await made.settle();
  return made;
}

const kinds = (connection: FakeConnection | undefined): string[] =>
  (connection?.getTransceivers() ?? []).map(({ kind, direction }) => `${kind} ${direction}`);
/** Which encodings of the camera are sent, by name. */
const sent = (connection: FakeConnection | undefined): string[] =>
  (connection?.getTransceivers()[1]?.encodings ?? []).filter(({ active }) => active !== false).map(({ rid }) => rid ?? "");

describe("A page that receives from the server", () => {
  it("offers slots for sound and a few for pictures at once, and nothing to send", async () => {
    const { connections, asked } = await bench();
    assert.equal(connections.length, 1);
    assert.deepEqual(kinds(connections[0]), [...Array(2).fill("audio recvonly"), ...Array(4).fill("video recvonly")]);
    assert.deepEqual(asked.map(({ name }) => name), ["subscribe", "view"]);
  });

  it("asks for the pictures on its screen, in their size, and shows each when the server says where it is", async () => {
    const made = await bench();
    made.session.show([picture("a"), picture("b", 1280)]);
    await made.settle();
    assert.deepEqual(made.wishes(), ["2 camera a 640×360", "3 camera b 1280×720"]);
    const streams = made.connections[0]?.getTransceivers().map(({ receiver }) => receiver.track);
    assert.equal(made.session.remote().get(id("a"))?.camera, undefined);
    made.says({ type: "slots", slots: { [slot("2")]: { participant: id("a"), source: "camera" } } });
    const [track] = made.session.remote().get(id("a"))?.camera?.getVideoTracks() ?? [];
    assert.equal(track as unknown, streams?.[2]);
    made.says({ type: "slots", slots: { [slot("2")]: null } });
    assert.equal(made.session.remote().get(id("a"))?.camera, undefined);
  });

  it("keeps whoever stays in their slot when others come and go", async () => {
    const made = await bench();
    made.session.show([picture("a"), picture("b"), picture("c")]);
    await made.settle();
    made.session.show([picture("c"), picture("b")]);
    made.session.setPeople(["b", "c", "d"].map(peer));
    made.session.show([picture("d"), picture("c"), picture("b")]);
    await made.settle();
    assert.deepEqual(made.wishes(), ["2 camera d 640×360", "3 camera b 640×360", "4 camera c 640×360"]);
  });

  it("says a new size once it has settled, and a new face at once", async () => {
    const made = await bench();
    made.session.show([picture("a")]);
    await made.settle();
    const before = made.all("view").length;
    for (const width of [650, 660, 670]) made.session.show([picture("a", width)]);
    assert.equal(made.all("view").length, before);
    made.clock.advance(300);
    assert.equal(made.all("view").length, before + 1);
    assert.deepEqual(made.wishes(), ["2 camera a 670×377"]);
    made.session.show([picture("a", 670), picture("b")]);
    assert.equal(made.all("view").length, before + 2);
  });

  it("offers more slots when more is shown, as many as the server has and no more", async () => {
    const made = await bench({ videoSlots: 6 });
    const names = [..."abcdefgh"];
    made.session.setPeople(names.map(peer));
    made.session.show(names.map((name) => picture(name, 320, name === "h" ? 200 : 100)));
    await made.settle();
    assert.equal(made.all("subscribe").length, 2);
    assert.equal(made.last("subscribe").connection, made.all("subscribe")[0]?.connection);
    assert.equal(kinds(made.connections[0]).filter((kind) => kind.startsWith("video")).length, 6);
    assert.deepEqual(made.wishes().map((wish) => wish.split(" ")[2]).sort(), ["a", "b", "c", "d", "e", "h"]);
  });

  it("plays its audio slots whoever is in them", async () => {
    const made = await bench();
    const before = made.session.sounds();
    assert.equal(before.length, 2);
    made.says({ type: "slots", slots: { [slot("0")]: { participant: id("b"), source: "microphone" } } });
    assert.equal(made.session.sounds(), before);
  });

  it("knows whose voice each of them carries", async () => {
    const made = await bench();
    const [first, second] = made.session.sounds();
    made.says({ type: "slots", slots: { [slot("0")]: { participant: id("b"), source: "microphone" } } });
    assert.deepEqual([first, second].map((stream) => stream && made.session.carried().get(stream)?.participant), ["b", undefined]);
    made.says({ type: "slots", slots: { [slot("0")]: null, [slot("1")]: { participant: id("b"), source: "microphone" } } });
    assert.deepEqual([first, second].map((stream) => stream && made.session.carried().get(stream)?.participant), [undefined, "b"]);
  });

  it("keeps what the server says of who speaks", async () => {
    const made = await bench();
    made.says({ type: "speakers", dominant: id("b"), speaking: [id("b"), id("a")] });
    assert.deepEqual(made.session.heard(), { dominant: "b", speaking: ["b", "a"] });
  });
});

describe("A page that sends to the server", () => {
  it("makes its connection when there is something to send", async () => {
    const made = await bench();
    made.session.publish({ ...silent, microphone: microphone(), camera: camera(1280) });
    await made.settle();
    assert.deepEqual(made.last("publish").tracks, { 0: "microphone", 1: "camera" });
    assert.deepEqual(kinds(made.connections[1]), ["audio sendonly", "video sendonly"]);
    assert.deepEqual(sent(made.connections[1]), ["low", "medium", "high"]);
  });

  it("changes devices without negotiating, and sends a small camera in fewer sizes", async () => {
    const made = await bench();
    made.session.publish({ ...silent, camera: camera(1280) });
    await made.settle();
    const small = camera(640);
    made.session.publish({ ...silent, camera: small, microphone: microphone() });
    await made.settle();
    assert.equal(made.all("publish").length, 1);
    assert.deepEqual(sent(made.connections[1]), ["low", "medium"]);
    assert.equal(made.connections[1]?.getTransceivers()[1]?.sender.track as unknown, small);
  });

  it("stops what nobody watches and starts what somebody does", async () => {
    const made = await bench();
    made.session.publish({ ...silent, camera: camera(1280) });
    await made.settle();
    made.says({ type: "layers", tracks: { [slot("1")]: ["low"] } });
    await made.settle();
    assert.deepEqual(sent(made.connections[1]), ["low"]);
    made.says({ type: "layers", tracks: { [slot("1")]: [] } });
    await made.settle();
    assert.deepEqual(sent(made.connections[1]), []);
    made.says({ type: "layers", tracks: { [slot("1")]: ["low", "high"] } });
    await made.settle();
    assert.deepEqual(sent(made.connections[1]), ["low", "high"]);
  });

  it("adds a screen with its sound to the same connection, and uses the sections again", async () => {
    const made = await bench();
    made.session.publish({ ...silent, microphone: microphone() });
    await made.settle();
    for (const share of [screen("video", "audio"), null, screen("video", "audio"), null]) {
      made.session.publish({ ...silent, microphone: microphone(), screen: share });
      await made.settle();
    }
    assert.equal(made.all("publish").length, 2);
    assert.deepEqual(made.last("publish").tracks, { 0: "microphone", 1: "camera", 2: "screen", 3: "screenSound" });
    assert.equal(made.last("publish").connection, made.all("publish")[0]?.connection);
  });
});

describe("A path to the server", () => {
  const link = (made: MediaBench): string | undefined => made.session.remote().get(id("a"))?.link;

  it("is made anew at once, both ways, when the server is another", async () => {
    const made = await bench();
    made.session.publish({ ...silent, camera: camera(1280) });
    made.session.show([picture("a")]);
    await made.settle();
    made.says({ type: "slots", slots: { [slot("2")]: { participant: id("a"), source: "camera" } } });
    for (const connection of made.connections) connection.reach("connected");
    made.session.resume(false);
    await made.settle();
    assert.equal(made.connections.length, 4);
    assert.deepEqual(made.connections.map(({ connectionState }) => connectionState), ["closed", "closed", "new", "new"]);
    assert.equal(new Set(made.all("subscribe").map(({ connection }) => connection)).size, 2);
    assert.equal(new Set(made.all("publish").map(({ connection }) => connection)).size, 2);
    assert.deepEqual(made.wishes(), ["2 camera a 640×360"]);
    assert.equal(made.session.remote().get(id("a"))?.camera, undefined);
  });

  it("is kept while only signalling is lost, and wishes are said again", async () => {
    const made = await bench();
    made.session.show([picture("a")]);
    await made.settle();
    made.connections[0]?.reach("connected");
    made.session.resume(true);
    await made.settle();
    assert.equal(made.connections.length, 1);
    assert.deepEqual(made.wishes(), ["2 camera a 640×360"]);
  });

  it("offers again what was not answered", async () => {
    const made = new MediaBench();
    made.online = false;
    await made.settle();
    assert.equal(made.all("subscribe").length, 1);
    assert.equal(made.connections[0]?.signalingState, "stable");
    made.online = true;
    made.session.resume(true);
    await made.settle();
    assert.equal(made.all("subscribe").length, 2);
    assert.equal(made.connections.length, 1);
  });

  it("is looked for again when it is gone for more than a moment", async () => {
    const made = await bench();
    made.connections[0]?.reach("connected");
    assert.equal(link(made), "connected");
    made.connections[0]?.reach("disconnected");
    assert.equal(link(made), "reconnecting");
    made.clock.advance(1_600);
    await made.settle();
    assert.equal(made.connections[0]?.iceGeneration, 1);
    made.connections[0]?.reach("connected");
    made.clock.advance(30_000);
    assert.deepEqual([link(made), made.connections.length], ["connected", 1]);
  });

  it("is given up for another when it fails, each time after a longer pause", async () => {
    const made = await bench();
    made.connections[0]?.reach("connected");
    made.connections[0]?.reach("failed");
    made.clock.advance(0);
    await made.settle();
    assert.deepEqual([link(made), made.connections.length], ["reconnecting", 2]);
    made.connections[1]?.reach("failed");
    made.clock.advance(500);
    assert.deepEqual([link(made), made.connections.length], ["failed", 2]);
    made.clock.advance(1_000);
    assert.equal(made.connections.length, 3);
    made.connections[2]?.reach("connected");
    assert.equal(link(made), "connected");
  });

  it("is made anew when the server has ended it, and not when it has ended another", async () => {
    const made = await bench();
    const { connection } = made.last("subscribe");
    made.says({ type: "media-ended", connection: "c-other" as typeof connection, reason: "lost", message: "" });
    await made.settle();
    assert.equal(made.connections.length, 1);
    made.says({ type: "media-ended", connection, reason: "lost", message: "" });
    await made.settle();
    assert.equal(made.connections.length, 2);
  });

  it("is asked for again after a while when the server is busy", async () => {
    const made = new MediaBench();
    made.session.setPeople([peer("a")]);
    made.refusal = "media-unavailable";
    await made.settle();
    made.clock.advance(0);
    await made.settle();
    assert.equal(made.all("subscribe").length, 2);
  });

  it("goes by relays only when it does not come about without, and never by those over UDP", async () => {
    const made = await bench();
    const [connection] = made.connections;
    assert.deepEqual(connection?.configuration.iceServers, []);
    made.clock.advance(2_600);
    await made.settle();
    assert.deepEqual(connection?.configuration.iceServers?.map(({ urls }) => urls), [["turns:meet.example:8443?transport=tcp"]]);
    assert.equal(connection?.iceGeneration, 1);
    const other = await bench();
    other.connections[0]?.reach("connected");
    other.clock.advance(5_000);
    assert.deepEqual(other.connections[0]?.configuration.iceServers, []);
  });

  it("is looked for again when the network changed", async () => {
    const made = await bench();
    made.session.publish({ ...silent, microphone: microphone() });
    await made.settle();
    made.session.networkChanged();
    await made.settle();
    assert.deepEqual(made.connections.map(({ iceGeneration }) => iceGeneration), [1, 1]);
    assert.deepEqual([made.all("subscribe").length, made.all("publish").length], [2, 2]);
  });
});

describe("Guests of dialects", () => {
  it("have a connection with our page, and others have none", async () => {
    const made = await bench();
    made.session.setPeople([peer("a"), { ...peer("g"), guest: true }]);
    await made.settle();
    assert.equal(made.connections.length, 2);
    assert.deepEqual([...made.session.remote()].map(([name, { by }]) => `${name} ${by}`), ["a server", "g page"]);
    made.session.show([picture("a"), picture("g")]);
    await made.settle();
    assert.deepEqual(made.wishes(), ["2 camera a 640×360"]);
  });
});
