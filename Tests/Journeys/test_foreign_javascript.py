# SPDX-License-Identifier: Apache-2.0
"""Clients in a real browser against our Socket.IO server: the official one, and ours under the same list.

The page comes from another origin than the server, as it does for most who use Socket.IO.
"""

import functools
import importlib.metadata
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from conformance.program import PATIENT, running
from conftest import Browsers
from server import ROOT
from test_client import HELPERS, each_transport

CLIENTS = {
    "official": lambda: Path(importlib.metadata.distribution("nicegui").locate_file("nicegui/static/socket.io.min.js")),
    "ours": lambda: ROOT / "web/dist/socket.io/socket.io.js",
}

# A socket of the server under test: `sock()`; several that share nothing: `await crowd(3)`.
SOCKETS = """([origin, transports]) => Object.assign(window, {
  transports,
  sock: (options, namespace = "/") => io(origin + namespace, { transports, forceNew: true, ...options }),
  joined: async (options, namespace) => {
    const socket = sock(options, namespace);
    await next(socket, "connect");
    return socket;
  },
  crowd: (size) => Promise.all(Array.from({ length: size }, () => joined())),
  settled: (socket) => until(() => socket.io.engine.transport.name === transports.at(-1)),
  lose: async (socket) => {
    const gone = next(socket, "disconnect");
    socket.io.engine.close();
    await gone;
  },
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  failure: (promise) => promise.then(() => "no error", (error) => error.message),
}) && undefined"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module", params=CLIENTS)
def client_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that has loaded a client."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "client.js").write_bytes(CLIENTS[request.param]().read_bytes())
    (folder / "index.html").write_text('<!doctype html><title>Client</title><script src="client.js"></script>')
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{files.server_port}/"
        files.shutdown()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(*PATIENT) as port:
        yield port


def load(browsers: Browsers, address: str, port: int, transports: list[str]) -> Iterator[Page]:
    context = browsers.get("chromium").new_context()
    page = context.new_page()
    errors: list[Exception] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(address)
    page.evaluate(HELPERS)
    page.evaluate(SOCKETS, [f"http://127.0.0.1:{port}", transports])
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def page(browsers: Browsers, client_page: str, port: int, transports: list[str]) -> Iterator[Page]:
    yield from load(browsers, client_page, port, transports)


@each_transport
def test_values_come_back_unchanged(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = sock({ auth: { token: "é" } });
          const [auth] = await next(socket, "auth");
          const back = next(socket, "message-back");
          socket.emit("message", "★ 日本 😀", -0.5, null, true, { "": [[]], deep: { er: "\\u0000" } }, []);
          return [auth, await back];
        }"""
    ) == [{"token": "é"}, ["★ 日本 😀", -0.5, None, True, {"": [[]], "deep": {"er": "\0"}}, []]]


@each_transport
def test_binaries_come_back_unchanged(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = await joined();
          const large = new Uint8Array(70_000).map((_, index) => index);
          const back = await socket.timeout(20_000).emitWithAck(
            "message-with-ack", { parts: [large, new Blob(["file"]), new ArrayBuffer(0)], name: "n" });
          return [back.name, bytes(back.parts[0]).join() === large.join(), bytes(back.parts[1]), bytes(back.parts[2])];
        }"""
    ) == ["n", True, list(b"file"), []]


@each_transport
def test_a_large_text_comes_back(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = await joined();
          const text = "é".repeat(400_000);
          return await socket.timeout(20_000).emitWithAck("message-with-ack", text) === text;
        }"""
    ) is True


@each_transport
def test_an_answer_that_does_not_come_is_given_up(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = await joined();
          const called = await new Promise((resolve) => socket.timeout(100).emit(
            "nobody listens", (error, value) => resolve([error.message, value === undefined])));
          const answered = await new Promise((resolve) =>
            socket.timeout(20_000).emit("message-with-ack", 1, 2, (...values) => resolve(values)));
          return [await failure(socket.timeout(100).emitWithAck("nobody listens")), called, answered];
        }"""
    ) == ["operation has timed out", ["operation has timed out", True], [None, 1, 2]]


@each_transport
def test_the_server_asks_and_the_client_answers(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = await joined();
          const answers = [];
          socket.on("answer", (...values) => answers.push(values));
          socket.on("question", (question, answer) => { if (question !== "hard") answer(bytes(question).length); });
          socket.emit("ask", new Uint8Array(3));
          await until(() => answers.length === 1);
          socket.emit("ask", "hard");
          await until(() => answers.length === 2);
          return answers;
        }"""
    ) == [[None, 3], ["operation has timed out"]]


@each_transport
def test_a_room_is_asked_together(page: Page):
    assert page.evaluate(
        """async () => {
          const [ana, ben, eve] = await crowd(3);
          for (const socket of [ana, ben, eve]) await socket.emitWithAck("join", "asked");
          const answers = next(ana, "answers");
          for (const socket of [ana, ben, eve]) socket.on("question", (value, answer) => answer(value + 1));
          ana.emit("ask-room", "asked", 1);
          const [complete, values] = await answers;
          eve.off("question");
          const fewer = next(ana, "answers");
          ana.emit("ask-room", "asked", 2);
          return [complete, values, await fewer];
        }"""
    ) == [True, [2, 2, 2], [False, [3, 3]]]


@each_transport
def test_rooms_hear_what_is_theirs(page: Page):
    assert page.evaluate(
        """async () => {
          const sockets = await crowd(3), heard = sockets.map(() => []), [ana, ben, eve] = sockets;
          sockets.forEach((socket, index) => socket.on("said", (text) => heard[index].push(text)));
          for (const socket of sockets) await socket.emitWithAck("join", "red");
          for (const socket of [ben, eve]) await socket.emitWithAck("join", "blue");
          await eve.emitWithAck("leave", "red");
          await ana.emitWithAck("say", "red", "1");
          await ana.emitWithAck("say-all", "red", "2");
          await ana.emitWithAck("say-except", "red", "blue", "3");
          await ana.emitWithAck("say-all", "blue", "4");
          await ana.emitWithAck("say-all", "nobody", "5");
          for (const socket of sockets) await socket.emitWithAck("message-with-ack");
          return [heard, (await ben.emitWithAck("rooms")).filter((room) => room !== ben.id)];
        }"""
    ) == [[["2", "3"], ["1", "2", "4"], ["4"]], ["blue", "red"]]


@each_transport
def test_namespaces_share_a_connection_and_part_alone(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = await joined();
          const custom = socket.io.socket("/custom", { auth: { n: 1 } });
          const [auth] = await next(custom, "auth");
          const ids = new Set([socket.id, custom.id, socket.io.engine.id]).size;
          custom.emit("kick");
          const [reason] = await next(custom, "disconnect");
          const unknown = socket.io.socket("/nowhere");
          const [error] = await next(unknown, "connect_error");
          return [auth, ids, reason, custom.active, error.message, unknown.active,
                  await socket.emitWithAck("message-with-ack", "still here")];
        }"""
    ) == [{"n": 1}, 3, "io server disconnect", False, "Invalid namespace", False, "still here"]


@each_transport
def test_a_refusal_carries_its_data_and_another_try_succeeds(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = sock({ auth: { token: "wrong" } }, "/refusing");
          const [error] = await next(socket, "connect_error");
          const refused = [error instanceof Error, error.message, error.data, socket.active];
          socket.auth = { token: "right" };
          socket.connect();
          await next(socket, "connect");
          return [...refused, await socket.emitWithAck("message-with-ack", "inside")];
        }"""
    ) == [True, "not allowed", {"code": 7, "auth": {"token": "wrong"}}, False, "inside"]


@each_transport
def test_nothing_is_lost_or_reordered_under_load(page: Page):
    """With two transports the change from one to the other happens in the middle of the flood."""
    assert page.evaluate(
        """async () => {
          const socket = sock(), counted = [], back = [];
          socket.on("count", (data) => {
            counted.push(typeof data === "number" ? data : bytes(data.bytes)[0] === data.value % 256 ? data.value : -1);
          });
          socket.on("message-back", (value) => back.push(value));
          socket.emit("count", 1500);
          for (let value = 0; value < 1500; value++) {
            socket.emit("message", value);
            if (value % 50 === 0) await pause(1);
          }
          await until(() => counted.length >= 1500 && back.length >= 1500);
          await settled(socket);
          return [counted.every((value, index) => value === index), back.every((value, index) => value === index),
                  counted.length, back.length];
        }"""
    ) == [True, True, 1500, 1500]


@each_transport
def test_a_volatile_event_does_not_wait(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = sock(), back = [], said = [];
          socket.on("message-back", (value) => back.push(value));
          socket.on("said", (value) => said.push(value));
          socket.volatile.emit("message", "before the connection");
          socket.emit("message", "kept");
          await until(() => back.length);
          await settled(socket);
          await socket.emitWithAck("join", "loose");
          await pause(200);
          await socket.emitWithAck("say-volatile", "loose", "heard");
          await socket.emitWithAck("message-with-ack");
          return [back, said.length <= 1, transports.at(-1) === "polling" || said[0] === "heard"];
        }"""
    ) == [["kept"], True, True]


@each_transport
@pytest.mark.parametrize("event", ["kick", "kick-all"])
def test_a_client_sent_away_stays_away_until_it_wants(page: Page, event: str):
    assert page.evaluate(
        """async (event) => {
          const socket = await joined({ reconnectionDelay: 10, reconnectionDelayMax: 10 });
          socket.emit(event);
          const [reason] = await next(socket, "disconnect");
          await pause(200);
          const away = [reason, socket.active, socket.connected, socket.id === undefined];
          socket.connect();
          await next(socket, "connect");
          return [...away, await socket.emitWithAck("message-with-ack", "back")];
        }""",
        event,
    ) == ["io server disconnect", False, False, True, "back"]


@each_transport
def test_a_lost_connection_comes_back_as_somebody_new(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = await joined({ reconnectionDelay: 10, reconnectionDelayMax: 50 });
          const before = socket.id, unanswered = failure(socket.emitWithAck("nobody listens"));
          await settled(socket);
          await socket.emitWithAck("join", "lost");
          await lose(socket);
          const late = socket.emitWithAck("message-with-ack", "said while away");
          await next(socket, "connect");
          return [socket.recovered === true, socket.id !== before, await unanswered, await late,
                  await socket.emitWithAck("rooms").then((rooms) => rooms.join() === socket.id)];
        }"""
    ) == [False, True, "socket has been disconnected", "said while away", True]


@each_transport
def test_a_page_hears_all_events_of_one_turn_in_order(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = await joined(), heard = [];
          socket.onAny((event, value) => heard.push([event, value]));
          for (const value of [1, 2, 3]) socket.emit("message", value);
          await socket.emitWithAck("message-with-ack");
          return heard.filter(([event]) => event !== "auth");
        }"""
    ) == [["message-back", 1], ["message-back", 2], ["message-back", 3]]


@each_transport
def test_the_heartbeat_keeps_a_quiet_connection(browsers: Browsers, client_page: str, transports: list[str]):
    with running("--ping-interval", "300", "--ping-timeout", "15000") as port:
        for page in load(browsers, client_page, port, transports):
            assert page.evaluate(
                """async () => {
                  const socket = await joined();
                  let pings = 0;
                  socket.io.on("ping", () => pings++);
                  const id = socket.id;
                  await until(() => pings >= 4);
                  return [socket.connected, socket.id === id, await socket.emitWithAck("message-with-ack", "here")];
                }"""
            ) == [True, True, "here"]


@each_transport
def test_missed_events_are_recovered(browsers: Browsers, client_page: str, transports: list[str]):
    with running(*PATIENT, "--recovery", "60000") as port:
        for page in load(browsers, client_page, port, transports):
            assert page.evaluate(
                """async () => {
                  const ana = await joined({ reconnectionDelay: 400, reconnectionDelayMax: 400 }), ben = await joined();
                  const heard = [], id = ana.id;
                  ana.on("said", (data) => heard.push(typeof data === "string" ? data : bytes(data)));
                  await ana.emitWithAck("join", "red");
                  await ana.emitWithAck("remember", 7);
                  await ben.emitWithAck("say-all", "red", "before");
                  await until(() => heard.length === 1);
                  await settled(ana);
                  await lose(ana);
                  await ben.emitWithAck("say-all", "red", "missed");
                  await ben.emitWithAck("say-all", "red", new Uint8Array([1, 2]));
                  await ben.emitWithAck("say-all", "blue", "not hers");
                  await next(ana, "connect");
                  await ben.emitWithAck("say-all", "red", "after");
                  await until(() => heard.length >= 4);
                  return [ana.recovered, ana.id === id, heard, await ana.emitWithAck("remembered"),
                          (await ana.emitWithAck("rooms")).filter((room) => room !== id)];
                }"""
            ) == [True, True, ["before", "missed", [1, 2], "after"], 7, ["red"]]
