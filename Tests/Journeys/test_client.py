# SPDX-License-Identifier: Apache-2.0
"""Our Socket.IO client as other pages load it: in real browsers, against a foreign server and against ours."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from conftest import Arrive, Browsers
from server import free_port

TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]

# What the scripts below use: a socket of its own, and the next time something happens to it.
HELPERS = """() => Object.assign(window, {
  make: (options, namespace = "/") => io(namespace, { forceNew: true, ...options }),
  next: (emitter, event) => new Promise((resolve, reject) => {
    emitter.once(event, (...values) => resolve(values));
    setTimeout(() => reject(new Error(`no ${event} in 20 s`)), 20_000);
  }),
  bytes: (data) => [...new Uint8Array(data)],
  until: async (condition) => {
    for (const end = Date.now() + 20_000; !condition(); await new Promise((resolve) => setTimeout(resolve, 5))) {
      if (Date.now() > end) throw new Error(`in vain: ${condition}`);
    }
  },
}) && undefined"""


@pytest.fixture(scope="module")
def echo_server() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, Path(__file__).with_name("echo_server.py"), str(port)])
    origin = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urllib.request.urlopen(origin)
            break
        except OSError:
            time.sleep(0.05)
    yield origin
    process.kill()
    process.wait()


@pytest.fixture(params=["chromium", "firefox"])
def page(request: pytest.FixtureRequest, browsers: Browsers, echo_server: str) -> Iterator[Page]:
    context = browsers.get(request.param).new_context()
    page = context.new_page()
    page.goto(echo_server)
    page.evaluate(HELPERS)
    yield page
    context.close()


each_transport = pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)


@each_transport
def test_values_and_binaries_come_back_unchanged(page: Page, transports: list[str]):
    assert page.evaluate(
        """async (transports) => {
          const socket = make({ transports, auth: (send) => send({ token: "é" }) });
          const [auth] = await next(socket, "auth");
          const large = new Uint8Array(20_000).map((_, index) => index);
          const back = await socket.timeout(5000).emitWithAck(
            "echo", { text: "★ 日本", parts: [large, new Blob(["file"])], none: null, half: 0.5 });
          socket.on("question", (question, answer) => answer(question.map((part) => part * 2)));
          socket.emit("ask", [1, 2]);
          const [answer] = await next(socket, "answer");
          socket.disconnect();
          return [auth, back.text, bytes(back.parts[0]).join() === large.join(), bytes(back.parts[1]), back.none,
                  back.half, answer];
        }""",
        transports,
    ) == [{"token": "é"}, "★ 日本", True, list(b"file"), None, 0.5, [2, 4]]


@each_transport
def test_nothing_is_lost_or_reordered_under_load(page: Page, transports: list[str]):
    """With two transports the change from one to the other happens in the middle of the flood."""
    assert page.evaluate(
        """async (transports) => {
          const socket = make({ transports, auth: { count: 1500 } });
          const counted = [], back = [];
          socket.on("count", (data) => {
            counted.push(typeof data === "number" ? data : bytes(data.bytes)[0] === data.value % 256 ? data.value : -1);
          });
          socket.on("back", (value) => back.push(value));
          for (let value = 0; value < 1500; value++) {
            socket.emit("back", value);
            if (value % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
          }
          await until(() => counted.length >= 1500 && back.length >= 1500);
          const transport = socket.io.engine.transport.name;
          socket.disconnect();
          return [counted.every((value, index) => value === index), back.every((value, index) => value === index),
                  counted.length, back.length, transport];
        }""",
        transports,
    ) == [True, True, 1500, 1500, transports[-1]]


@each_transport
def test_namespaces_share_a_connection_and_part_alone(page: Page, transports: list[str]):
    assert page.evaluate(
        """async (transports) => {
          const socket = make({ transports });
          await next(socket, "connect");
          const custom = socket.io.socket("/custom", { auth: { n: 1 } });
          await next(custom, "connect");
          const ids = new Set([socket.id, custom.id]).size;
          custom.emit("kick");
          const [reason] = await next(custom, "disconnect");
          const refused = socket.io.socket("/nowhere");
          await next(refused, "connect_error");
          const alive = await socket.emitWithAck("echo", "still here");
          const gone = next(socket, "disconnect");
          socket.disconnect();
          return [ids, reason, custom.active, refused.active, alive, (await gone)[0]];
        }""",
        transports,
    ) == [2, "io server disconnect", False, False, "still here", "io client disconnect"]


@each_transport
def test_the_heartbeat_keeps_a_quiet_connection(page: Page, transports: list[str]):
    assert page.evaluate(
        """async (transports) => {
          const socket = make({ transports });
          let pings = 0;
          socket.io.on("ping", () => pings++);
          const lost = next(socket, "disconnect").then(([reason]) => reason);
          const quiet = new Promise((resolve) => setTimeout(resolve, 3500, "quiet"));
          const result = await Promise.race([lost, quiet]);
          socket.disconnect();
          return [result, pings >= 2];
        }""",
        transports,
    ) == ["quiet", True]


def test_a_refusal_carries_its_data(page: Page):
    assert page.evaluate(
        """async () => {
          const socket = make({ auth: { refuse: { why: "test" } } });
          const [error] = await next(socket, "connect_error");
          return [error instanceof Error, error.message, error.data, socket.active];
        }"""
    ) == [True, "refused", {"why": "test"}, False]


@each_transport
def test_the_client_from_our_server_joins_a_meeting(arrive: Arrive, meeting: str, transports: list[str]):
    ana = arrive("Ana")
    ana.page.goto(f"{ana.origin}/trust")
    ana.page.add_script_tag(url="/socket.io/socket.io.js")
    ana.page.evaluate(HELPERS)
    assert ana.page.evaluate(
        """async ([transports, meeting]) => {
          const socket = make({ transports, auth: { protocol: 3 } }, "/meet");
          const media = { microphone: false, camera: false, screen: false, screenStream: null };
          const { self } = await socket.emitWithAck("join", { meeting, name: "Ana", page: "p", media });
          const heard = [];
          socket.on("chat", ({ message }) => heard.push(message.text));
          const sequence = [];
          for (const text of ["one", "two", "three"]) {
            sequence.push((await socket.emitWithAck("chat", { id: text, text })).seq);
          }
          await until(() => heard.length === 3);
          await until(() => socket.io.engine.transport.name === transports.at(-1));
          const left = await socket.emitWithAck("leave", {});
          socket.disconnect();
          return [self.name, heard, sequence, left];
        }""",
        [transports, meeting],
    ) == ["Ana", ["one", "two", "three"], [1, 2, 3], {}]


def test_the_client_is_a_module_too(arrive: Arrive):
    ana = arrive("Ana")
    ana.page.goto(f"{ana.origin}/trust")
    assert ana.page.evaluate(
        """async () => {
          const module = await import("/socket.io/socket.io.esm.min.js");
          return [Object.keys(module).sort(), module.protocol];
        }"""
    ) == [["Manager", "Socket", "connect", "default", "io", "protocol"], 5]
