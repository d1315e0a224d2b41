# SPDX-License-Identifier: Apache-2.0
"""WebSocket below Engine.IO: what RFC 6455 forbids closes with the code that names it."""

import asyncio

import pytest

from conformance.wire import BINARY, CLOSE, CONTINUATION, PING, TEXT, Refused, WebSocket, Wire

VIOLATIONS = {
    "text that is no UTF-8": (1007, lambda socket: socket.frame(TEXT, b"4\xff\xfe")),
    "text cut inside a character": (1007, lambda socket: socket.frame(TEXT, "4é".encode()[:-1])),
    "no mask": (1002, lambda socket: socket.frame(TEXT, b"4hello", masked=False)),
    "a reserved bit": (1002, lambda socket: socket.frame(TEXT, b"4hello", reserved=2)),
    "compressed though not agreed": (1002, lambda socket: socket.frame(TEXT, b"4hello", reserved=4)),
    "opcode 3": (1002, lambda socket: socket.frame(3, b"")),
    "opcode 11": (1002, lambda socket: socket.frame(11, b"")),
    "a continuation of nothing": (1002, lambda socket: socket.frame(CONTINUATION, b"hello")),
    "a ping in pieces": (1002, lambda socket: socket.frame(PING, b"hello", final=False)),
    "a ping too long": (1002, lambda socket: socket.frame(PING, b"x" * 126)),
    "close code 1005": (1002, lambda socket: socket.frame(CLOSE, b"\x03\xed")),
    "close code 999": (1002, lambda socket: socket.frame(CLOSE, b"\x03\xe7")),
    "half a close code": (1002, lambda socket: socket.frame(CLOSE, b"\x03")),
    "a message too large": (1009, lambda socket: socket.frame(BINARY, b"x" * 1_000_001)),
    "a text inside a message in pieces": (
        1002, lambda socket: (socket.frame(TEXT, b"4", final=False), socket.frame(TEXT, b"4hello"))),
    "pieces that are too large together": (
        1009, lambda socket: (socket.frame(BINARY, b"x" * 600_000, final=False),
                              socket.frame(CONTINUATION, b"x" * 600_000))),
}


async def open_echo(wire: Wire) -> WebSocket:
    socket = await Wire(wire.port, "/engine.io/").websocket()
    await socket.receive()
    return socket


@pytest.mark.parametrize("case", VIOLATIONS.values(), ids=VIOLATIONS)
async def test_a_violation_closes_with_its_code(patient: Wire, case: tuple):
    code, misbehave = case
    socket = await open_echo(patient)
    misbehave(socket)
    assert await socket.closes() == code


async def test_a_message_in_pieces_is_one_message(patient: Wire):
    socket = await open_echo(patient)
    socket.frame(TEXT, b"4h\xc3", final=False)
    socket.frame(PING, b"between")
    socket.frame(CONTINUATION, b"", final=False)
    socket.frame(CONTINUATION, b"\xa9llo")
    assert await socket.receive() == "4héllo"
    assert socket.pongs == [b"between"]


async def test_a_frame_may_come_byte_by_byte(patient: Wire):
    socket = await open_echo(patient)
    for byte in b"\x81\x85\x01\x02\x03\x045jfhn":
        socket.writer.write(bytes([byte]))
        await asyncio.sleep(0.01)
    assert await socket.receive() == "4helo"


async def test_a_close_is_answered_with_the_same_code(patient: Wire):
    socket = await open_echo(patient)
    socket.frame(CLOSE, b"\x0f\xa0bye")
    assert await socket.closes() == 4000


async def test_many_messages_in_one_piece_of_data_keep_their_order(patient: Wire):
    socket = await open_echo(patient)
    for number in range(500):
        socket.send(f"4{number}")
    assert [await socket.receive() for _ in range(500)] == [f"4{number}" for number in range(500)]


@pytest.mark.parametrize("headers", [
    {"Sec_WebSocket_Version": "12"}, {"Sec_WebSocket_Key": "short"}, {"Upgrade": "h2c"}],
    ids=["another version", "a bad key", "another protocol"])
async def test_a_bad_upgrade_is_refused(patient: Wire, headers: dict[str, str]):
    with pytest.raises(Refused) as refusal:
        await patient.websocket(**headers)
    assert refusal.value.answer.status in (400, 426)


async def test_compression_is_not_agreed_unasked(patient: Wire):
    socket = await patient.websocket(Sec_WebSocket_Extensions="permessage-deflate")
    assert "sec-websocket-extensions" not in socket.answer.headers
