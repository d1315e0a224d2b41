# SPDX-License-Identifier: Apache-2.0
"""Engine.IO 4 as its published cases and the reference implementation have it."""

import asyncio
import gzip
import json

import pytest

from conformance.wire import Polling, Refused, Wire

HANDSHAKE = "EIO=4&transport=polling"


def at(wire: Wire, path: str) -> Wire:
    return Wire(wire.port, path)


# The handshake.


async def test_polling_opens_a_session(brisk: Wire, path: str):
    answer = await at(brisk, path).get(HANDSHAKE)
    assert answer.status == 200
    assert answer.headers["content-type"].lower() == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text[0] == "0"
    opened = json.loads(answer.text[1:])
    assert list(opened) == ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]
    assert len(opened.pop("sid")) == 20
    assert opened == {"upgrades": ["websocket"], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}


async def test_websocket_opens_a_session_without_upgrades(brisk: Wire, path: str):
    socket = await at(brisk, path).websocket()
    message = await socket.receive()
    assert message[0] == "0"
    opened = json.loads(message[1:])
    assert len(opened.pop("sid")) == 20
    assert opened == {"upgrades": [], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}


async def test_every_session_has_an_id_of_its_own(patient: Wire):
    sessions = await asyncio.gather(*(patient.polling() for _ in range(50)))
    assert len({session.sid for session in sessions}) == 50


REFUSALS = {
    "no transport": ("GET", "EIO=4", 0, "Transport unknown"),
    "unknown transport": ("GET", "EIO=4&transport=abc", 0, "Transport unknown"),
    "transport named like a member": ("GET", "EIO=4&transport=constructor", 0, "Transport unknown"),
    "transport named like a prototype": ("GET", "EIO=4&transport=__proto__", 0, "Transport unknown"),
    "unknown session": ("GET", "EIO=4&transport=polling&sid=abc", 1, "Session ID unknown"),
    "POST without a session": ("POST", HANDSHAKE, 2, "Bad handshake method"),
    "PUT without a session": ("PUT", HANDSHAKE, 2, "Bad handshake method"),
    "DELETE without a session": ("DELETE", HANDSHAKE, 2, "Bad handshake method"),
    "WebSocket by a plain request": ("GET", "EIO=4&transport=websocket", 3, "Bad request"),
    "no version": ("GET", "transport=polling", 5, "Unsupported protocol version"),
    "version is no number": ("GET", "EIO=abc&transport=polling", 5, "Unsupported protocol version"),
    "version 3": ("GET", "EIO=3&transport=polling", 5, "Unsupported protocol version"),
    "the last of several parameters counts": ("GET", f"{HANDSHAKE}&transport=abc", 0, "Transport unknown"),
    "transport is looked at before the session": ("GET", "EIO=4&transport=abc&sid=abc", 0, "Transport unknown"),
    "session is looked at before the version": ("GET", "transport=polling&sid=abc", 1, "Session ID unknown"),
    "method is looked at before the version": ("POST", "transport=polling", 2, "Bad handshake method"),
}


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS)
async def test_a_wrong_handshake_is_refused_with_its_code(patient: Wire, path: str, case: tuple):
    method, query, code, message = case
    answer = await at(patient, path).request(method, query, headers={"Origin": "http://elsewhere.example"})
    assert (answer.status, json.loads(answer.text)) == (400, {"code": code, "message": message})
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["access-control-allow-origin"] == "*", "or the page cannot read why"


@pytest.mark.parametrize("query", ["transport=websocket", "EIO=abc&transport=websocket", "EIO=3&transport=websocket",
                                   "EIO=4", "EIO=4&transport=abc", "EIO=4&transport=polling",
                                   "EIO=4&transport=websocket&sid=abc"])
async def test_a_wrong_websocket_handshake_gives_no_session(patient: Wire, path: str, query: str):
    await at(patient, path).refused(query)


@pytest.mark.parametrize(("query", "reason"), [
    ("EIO=4&transport=abc", "Transport unknown"), ("EIO=4&transport=websocket&sid=abc", "Session ID unknown")])
async def test_a_refused_websocket_handshake_says_why(patient: Wire, query: str, reason: str):
    with pytest.raises(Refused) as refusal:
        await patient.websocket(query)
    answer = refusal.value.answer
    assert (answer.status, answer.text, answer.headers["connection"]) == (400, reason, "close")


@pytest.mark.parametrize(("path", "status"), [
    ("/socket.io/", 200), ("/socket.io/more", 200), ("/socket.iox/", 404), ("/socket.io", 404), ("/", 404)])
async def test_only_its_own_path_is_served(patient: Wire, path: str, status: int):
    assert (await patient.request("GET", HANDSHAKE, path=path)).status == status


async def test_an_empty_session_id_asks_for_a_session(patient: Wire):
    assert (await patient.get(f"{HANDSHAKE}&sid=")).text.startswith("0{")


async def test_a_page_from_elsewhere_may_ask_first(patient: Wire):
    answer = await patient.request("OPTIONS", HANDSHAKE, headers={
        "Origin": "http://elsewhere.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-token"})
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "content-type,x-token"


async def test_a_websocket_from_elsewhere_gets_the_same_headers(patient: Wire):
    socket = await patient.websocket(Origin="http://elsewhere.example")
    assert socket.answer.headers["access-control-allow-origin"] == "*"


# Messages over polling, to the service that sends back what it gets.


async def echo(wire: Wire) -> Polling:
    return await at(wire, "/engine.io/").polling()


@pytest.mark.parametrize("body", [
    "4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==", "bAQ==", "4", "4é☃😀", "4b\x1e4\x00",
], ids=["text", "several texts", "text and binary", "binary", "nothing", "not ASCII", "odd characters"])
async def test_a_payload_comes_back_as_it_went(patient: Wire, body: str):
    session = await echo(patient)
    answer = await session.push(body)
    assert (answer.status, answer.text) == (200, "ok")
    assert answer.headers["content-type"].startswith("text/html")
    back = await session.poll()
    assert (back.status, back.text) == (200, body)
    assert int(back.headers["content-length"]) == len(body.encode())


async def test_a_poll_waits_for_what_comes(patient: Wire):
    session = await echo(patient)
    waiting = asyncio.create_task(session.poll())
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await session.push("4late")
    assert (await waiting).text == "4late"


@pytest.mark.parametrize("body", ["abc", "", "4a\x1e", "\x1e4a", "4a\x1e\x1e4b", "7", "2"],
                         ids=["unknown type", "empty", "empty at the end", "empty at the start", "empty between",
                              "type 7", "a ping"])
async def test_a_wrong_packet_ends_the_session(patient: Wire, body: str):
    session = await echo(patient)
    try:
        assert (await session.push(body)).status in (200, 400)
    except asyncio.IncompleteReadError:
        pass
    await ended(session)


async def ended(session: Polling) -> None:
    """The session is gone, perhaps after a poll that says so."""
    answer = await session.poll()
    if answer.status == 200:
        assert answer.packets[-1] == "1"
        answer = await session.poll()
    assert (answer.status, json.loads(answer.text)["code"]) == (400, 1)


@pytest.mark.parametrize("body", ["3", "0", "5", "6"], ids=["a pong", "an open", "an upgrade", "a noop"])
async def test_a_packet_out_of_place_is_ignored(patient: Wire, body: str):
    session = await echo(patient)
    assert (await session.push(body)).status == 200
    await session.push("4still here")
    assert (await session.poll()).text == "4still here"


async def test_two_polls_at_once_end_the_session(patient: Wire):
    session = await echo(patient)
    first = asyncio.create_task(session.poll())
    await asyncio.sleep(0.1)
    assert (await session.poll()).status in (400, 500)
    assert (await first).text == "1"
    assert await session.is_gone()


async def test_a_dropped_poll_ends_the_session(patient: Wire):
    session = await echo(patient)
    first = asyncio.create_task(session.poll())
    await asyncio.sleep(0.1)
    first.cancel()
    await asyncio.sleep(0.1)
    assert await session.is_gone()


async def test_two_posts_at_once_end_the_session(patient: Wire):
    session = await echo(patient)
    _, writer = await patient.connect()
    writer.write(session.wire.head("POST", session.query, {"Content-Length": "6"}) + b"4hel")
    await asyncio.sleep(0.1)
    assert (await session.push("4other")).status == 400
    await ended(session)
    writer.close()


async def test_a_dropped_post_ends_the_session(patient: Wire):
    session = await echo(patient)
    _, writer = await patient.connect()
    writer.write(session.wire.head("POST", session.query, {"Content-Length": "6"}) + b"4hel")
    await asyncio.sleep(0.1)
    writer.transport.abort()
    await asyncio.sleep(0.1)
    await ended(session)


async def test_a_body_of_bytes_is_refused(patient: Wire):
    session = await echo(patient)
    answer = await session.push(b"4hello", **{"Content-Type": "application/octet-stream"})
    assert answer.status == 400
    await ended(session)


async def test_a_body_too_large_is_refused_and_the_session_goes_on(patient: Wire):
    session = await echo(patient)
    try:
        assert (await session.push("4" + "x" * 1_000_000)).status == 413
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # a server may end the connection before it has read so much
    await session.push("4" + "x" * 999_999)
    assert (await session.poll()).text == "4" + "x" * 999_999


async def test_another_method_does_no_harm(patient: Wire):
    session = await echo(patient)
    assert (await session.wire.request("PUT", session.query, "4hello")).status in (400, 405, 500)


async def test_a_large_answer_is_compressed_for_who_understands(patient: Wire):
    session = await echo(patient)
    text = "4" + "compress me " * 200
    await session.push(text)
    answer = await session.poll(**{"Accept-Encoding": "gzip, deflate"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body).decode() == text
    await session.push(text)
    assert (await session.poll()).text == text
    await session.push("4small")
    assert (await session.poll(**{"Accept-Encoding": "gzip"})).text == "4small"


async def test_a_session_keeps_to_its_transport(patient: Wire):
    socket = await at(patient, "/engine.io/").websocket()
    sid = json.loads((await socket.receive())[1:])["sid"]
    answer = await at(patient, "/engine.io/").get(f"{HANDSHAKE}&sid={sid}")
    assert (answer.status, json.loads(answer.text)["code"]) == (400, 3)
    socket.send("4still here")
    assert await socket.receive() == "4still here"


# Messages over WebSocket.


@pytest.mark.parametrize("message", [
    "4hello", "4", "4é☃😀", b"\x01\x02\x03\x04", b"", b"x" * 200, "4" + "x" * 70_000, b"x" * 1_000_000,
], ids=["text", "empty text", "not ASCII", "binary", "empty binary", "16-bit size", "64-bit size", "the largest"])
async def test_a_message_comes_back_as_it_went(patient: Wire, message: str | bytes):
    socket = await at(patient, "/engine.io/").websocket()
    await socket.receive()
    socket.send(message)
    assert await socket.receive() == message


@pytest.mark.parametrize("message", ["abc", "", "7"], ids=["unknown type", "empty", "type 7"])
async def test_a_wrong_packet_ends_the_connection(patient: Wire, path: str, message: str):
    socket = await at(patient, path).websocket()
    await socket.receive()
    socket.send(message)
    await socket.closes()


# The heartbeat.


async def test_polling_is_pinged_and_goes_on(pinging: Wire, path: str):
    session = await at(pinging, path).polling()
    for _ in range(3):
        assert (await session.poll()).text == "2"
        assert (await session.push("3")).status == 200


async def test_websocket_is_pinged_and_goes_on(pinging: Wire, path: str):
    socket = await at(pinging, path).websocket()
    await socket.receive()
    for _ in range(3):
        assert await socket.receive() == "2"
        socket.send("3")


async def test_a_ping_waits_for_its_pong(pinging: Wire):
    session = await at(pinging, "/engine.io/").polling()
    assert (await session.poll()).text == "2"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(session.poll(), 1)


async def test_polling_ends_without_pongs(brisk: Wire, path: str):
    session = await at(brisk, path).polling()
    await asyncio.sleep(0.6)
    assert (await session.poll()).status == 400


async def test_websocket_ends_without_pongs(brisk: Wire, path: str):
    socket = await at(brisk, path).websocket()
    async with asyncio.timeout(5):
        await socket.closes()


# Closing.


async def test_polling_is_closed_by_its_client(patient: Wire, path: str):
    session = await at(patient, path).polling()
    waiting = asyncio.create_task(session.poll())
    await asyncio.sleep(0.1)
    assert (await session.push("1")).status == 200
    assert (await waiting).text == "6"
    assert await session.is_gone()


async def test_websocket_is_closed_by_its_client(brisk: Wire, path: str):
    socket = await at(brisk, path).websocket()
    await socket.receive()
    socket.send("1")
    await socket.closes()


# The upgrade.


async def test_polling_becomes_websocket(patient: Wire):
    session = await echo(patient)
    socket = await session.upgrade()
    assert (await session.poll()).text == "6"
    socket.send("5")
    socket.send("4hello")
    assert await socket.receive() == "4hello"


async def test_a_waiting_poll_is_let_go_by_the_upgrade(patient: Wire, path: str):
    session = await at(patient, path).polling()
    waiting = asyncio.create_task(session.poll())
    await asyncio.sleep(0.1)
    socket = await session.upgrade()
    assert (await asyncio.wait_for(waiting, 2)).text == "6"
    socket.send("5")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(socket.receive(), 0.3)


async def test_every_poll_while_upgrading_is_let_go(patient: Wire):
    session = await echo(patient)
    await session.upgrade()
    for _ in range(3):
        assert (await asyncio.wait_for(session.poll(), 2)).text == "6"


async def test_http_is_over_after_the_upgrade(patient: Wire, path: str):
    session = await at(patient, path).polling()
    socket = await session.upgrade()
    socket.send("5")
    await asyncio.sleep(0.1)
    answer = await session.poll()
    assert (answer.status, json.loads(answer.text)["code"]) == (400, 3)
    assert (await session.push("4hello")).status == 400


async def test_a_second_websocket_is_turned_away(patient: Wire):
    session = await echo(patient)
    query = f"EIO=4&transport=websocket&sid={session.sid}"
    socket = await session.upgrade()
    await session.wire.refused(query)
    socket.send("5")
    await session.wire.refused(query)
    socket.send("4hello")
    assert await socket.receive() == "4hello"


async def test_nothing_is_lost_while_upgrading(patient: Wire):
    session = await echo(patient)
    await session.push("4one")
    socket = await session.upgrade()
    await session.push("4two")
    polled = (await session.poll()).packets
    await session.push("4three")
    socket.send("5")
    heard = [packet for packet in polled if packet != "6"]
    while len(heard) < 3:
        heard.append(await socket.receive())
    assert heard == ["4one", "4two", "4three"]


@pytest.mark.parametrize("message", ["hello", "2", "4hello"])
async def test_polling_goes_on_when_the_probe_is_wrong(patient: Wire, message: str):
    session = await echo(patient)
    socket = await session.wire.websocket(f"EIO=4&transport=websocket&sid={session.sid}")
    socket.send(message)
    await socket.closes()
    await session.push("4still here")
    assert "4still here" in await session.hear()


async def test_polling_goes_on_when_the_websocket_dies_while_probing(patient: Wire):
    session = await echo(patient)
    socket = await session.upgrade()
    socket.drop()
    await asyncio.sleep(0.2)
    await session.push("4still here")
    assert (await session.hear())[-1] == "4still here"
    again = await session.upgrade()
    again.send("5")
    again.send("4upgraded")
    assert await again.receive() == "4upgraded"
