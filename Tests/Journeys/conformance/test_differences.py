# SPDX-License-Identifier: Apache-2.0
"""Where this server answers otherwise than the reference implementation: docs/socketio-differences.md."""

import asyncio
import json

import pytest

from conformance.test_engine_io import HANDSHAKE, at, echo, ended
from conformance.test_socket_io import engine, joined
from conformance.wire import CLOSE, Closed, Refused, Wire

ELSEWHERE = {"Origin": "http://elsewhere.example"}


async def test_jsonp_is_refused(patient: Wire):
    answer = await patient.get(f"{HANDSHAKE}&j=0")
    assert (answer.status, json.loads(answer.text)["code"]) == (400, 3)


@pytest.mark.parametrize(("query", "reason"), [
    ("transport=websocket", "Unsupported protocol version"), ("EIO=3&transport=websocket", "Unsupported protocol version"),
    (HANDSHAKE, "Bad request")])
async def test_a_websocket_that_would_end_at_once_is_not_opened(patient: Wire, query: str, reason: str):
    with pytest.raises(Refused) as refusal:
        await patient.websocket(query)
    assert (refusal.value.answer.status, refusal.value.answer.text) == (400, reason)


@pytest.mark.parametrize("version", ["8", "12"])
async def test_drafts_of_websocket_are_refused_with_the_version_that_is_spoken(patient: Wire, version: str):
    with pytest.raises(Refused) as refusal:
        await patient.websocket(Sec_WebSocket_Version=version)
    answer = refusal.value.answer
    assert (answer.status, answer.headers["sec-websocket-version"]) == (426, "13")


async def test_the_close_packet_ends_a_websocket_at_once(patient: Wire):
    socket = await at(patient, "/engine.io/").websocket()
    await socket.receive()
    socket.send("1")
    await socket.closes()


async def test_a_close_for_a_reason_says_it(patient: Wire):
    socket = await at(patient, "/engine.io/").websocket()
    await socket.receive()
    socket.frame(CLOSE, b"\x03\xe7")
    with pytest.raises(Closed, match="1002 reserved close code"):
        await socket.receive()


@pytest.mark.parametrize("body", [b"abc", b"", b"4a\x1ex", b"b!!!", b"bAQ", b"b_-8=", b"4\xff"],
                         ids=["unknown type", "empty", "wrong after right", "no base 64", "no padding",
                              "base 64 for URLs", "no UTF-8"])
async def test_a_wrong_body_is_answered_400(patient: Wire, body: bytes):
    session = await echo(patient)
    assert (await session.push(body)).status == 400
    await ended(session)


@pytest.mark.parametrize("size", [1_000_001, 3_000_000])
async def test_a_page_from_elsewhere_may_read_that_a_body_is_too_large(patient: Wire, size: int):
    session = await echo(patient)
    reader, writer = await patient.connect()
    writer.write(session.wire.head("POST", session.query, {"Content-Length": str(size), **ELSEWHERE}))
    if size < 2_000_000:
        writer.write(b"4" * size)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert head.startswith("HTTP/1.1 413 ")
    assert "access-control-allow-origin: *" in head.lower()
    writer.transport.abort()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
async def test_an_unknown_method_is_answered_405(patient: Wire, method: str):
    session = await echo(patient)
    assert (await session.wire.request(method, session.query)).status == 405


@pytest.mark.parametrize("packet", ["401{}", "40 "])
async def test_a_connect_is_taken_literally(patient: Wire, packet: str):
    socket = await engine(patient)
    socket.send(packet)
    await asyncio.wait_for(socket.closes(), 1)


@pytest.mark.parametrize("packet", [
    '42 ["message"]', '42 1["message-with-ack"]', '429007199254740993["message-with-ack"]', "43", "43[]", "43999",
    '45-["message"]', '450-["message"]', '42["message",' + "[" * 64 + "]" * 64 + "]"],
    ids=["a space before the values", "a space before the id", "an id above 2^53", "an answer to nothing",
         "an answer without an id", "an answer without values", "an empty count", "a count of none", "depth"])
async def test_a_packet_that_no_client_sends_ends_the_connection(patient: Wire, packet: str):
    socket = await joined(patient)
    socket.send(packet)
    await socket.closes()


@pytest.mark.parametrize("values", [
    "12345678901234567890", "1e400", "-0", "1.0", '"\\u0041"', '{"a":1,"a":2}', "1 ,  [ ]"])
async def test_values_nobody_looks_at_are_passed_on_as_they_are(patient: Wire, values: str):
    socket = await joined(patient)
    socket.send(f'42["message",{values}]')
    assert await socket.receive() == f'42["message-back",{values}]'


async def test_attachments_are_passed_on_as_they_came(patient: Wire):
    socket = await joined(patient)
    packet = '452-["{}",{{"_placeholder":true,"num":1}},{{"_placeholder":true,"num":1,"x":0}}]'
    for message in (packet.format("message"), b"\x01", b"\x02"):
        socket.send(message)
    assert [await socket.receive() for _ in range(3)] == [packet.format("message-back"), b"\x01", b"\x02"]
