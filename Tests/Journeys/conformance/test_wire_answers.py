# SPDX-License-Identifier: Apache-2.0
"""What clients seldom send, and the reference implementation answers as here; see test_differences.py for the rest."""

import asyncio
import json

import pytest

from conformance.test_engine_io import HANDSHAKE, at, echo, ended
from conformance.test_socket_io import engine, join, joined, still_answers
from conformance.wire import PING, PONG, TEXT, WebSocket, Wire

# Handshakes.

REFUSED = {
    "an empty transport": ("GET", "EIO=4&transport=", 0),
    "a transport in capitals": ("GET", "EIO=4&transport=POLLING", 0),
    "WebTransport": ("GET", "EIO=4&transport=webtransport", 0),
    "no query": ("GET", "", 0),
    "a session named like a prototype": ("GET", f"{HANDSHAKE}&sid=__proto__", 1),
    "PATCH without a session": ("PATCH", HANDSHAKE, 2),
    "version 5": ("GET", "EIO=5&transport=polling", 5),
    "version 04": ("GET", "EIO=04&transport=polling", 5),
    "version 4.0": ("GET", "EIO=4.0&transport=polling", 5),
    "an empty version": ("GET", "EIO=&transport=polling", 5),
    "a version with a space": ("GET", "EIO=4+&transport=polling", 5),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
async def test_an_odd_handshake_is_refused_with_its_code(patient: Wire, case: tuple):
    method, query, code = case
    answer = await patient.request(method, query)
    assert (answer.status, json.loads(answer.text)["code"]) == (400, code)


async def test_a_handshake_by_head_is_refused_without_a_body(patient: Wire):
    answer = await patient.request("HEAD", HANDSHAKE)
    assert (answer.status, answer.body) == (400, b"")


@pytest.mark.parametrize("query", [
    f"EIO=3&{HANDSHAKE}", f"{HANDSHAKE}&b64=1", f"{HANDSHAKE}&t=abc", "EIO=%34&transport=%70olling",
    f"{HANDSHAKE}&x=%zz"],
    ids=["the last version counts", "b64", "a time", "escapes", "a broken escape"])
async def test_an_odd_handshake_opens_a_session(patient: Wire, query: str):
    assert (await patient.get(query)).text.startswith('0{"sid":')


@pytest.mark.parametrize("origin", ["null", "http://\xe9.example"])
async def test_an_odd_origin_is_no_obstacle(patient: Wire, origin: str):
    connection = await patient.connect()
    head = patient.head("GET", HANDSHAKE, {"Origin": origin, "Connection": "close"})
    connection[1].write(head.decode().encode("latin-1"))
    assert (await connection[0].readline()).startswith(b"HTTP/1.1 200 ")
    connection[1].close()


@pytest.mark.parametrize("path", ["/Socket.io/", "//socket.io/"])
async def test_a_path_is_compared_exactly(patient: Wire, path: str):
    assert (await patient.request("GET", HANDSHAKE, path=path)).status == 404


async def test_the_name_of_an_upgrade_may_be_in_capitals(patient: Wire):
    socket = await patient.websocket(Upgrade="WebSocket")
    assert (await socket.receive()).startswith('0{"sid":')


async def test_the_first_subprotocol_is_agreed(patient: Wire):
    """Browsers end a connection when none of those they offer is."""
    socket = await patient.websocket(Sec_WebSocket_Protocol="chat, talk")
    assert (await socket.receive()).startswith('0{"sid":')
    assert socket.answer.headers["sec-websocket-protocol"] == "chat"


# Engine.IO packets.


async def echoing(wire: Wire) -> WebSocket:
    socket = await at(wire, "/engine.io/").websocket()
    await socket.receive()
    return socket


@pytest.mark.parametrize("packet", ["3", "3x", "0", "5", "6"])
async def test_a_packet_out_of_place_is_ignored_by_a_websocket(patient: Wire, packet: str):
    socket = await echoing(patient)
    socket.send(packet)
    socket.frame(PONG, b"unasked")
    socket.send("4still here")
    assert await socket.receive() == "4still here"


@pytest.mark.parametrize("packet", ["2", "2probe", "8"])
async def test_a_packet_of_the_other_side_ends_a_websocket(patient: Wire, packet: str):
    socket = await echoing(patient)
    socket.send(packet)
    assert await socket.closes() is None


async def test_a_websocket_may_carry_base_64(patient: Wire):
    socket = await echoing(patient)
    socket.send("bAQID")
    assert await socket.receive() == b"\x01\x02\x03"


@pytest.mark.parametrize("type", ["application/x-www-form-urlencoded", "application/json", ""])
async def test_the_type_of_a_body_does_not_matter(patient: Wire, type: str):
    session = await echo(patient)
    assert (await session.push("4hello", **{"Content-Type": type})).status == 200
    assert (await session.poll()).text == "4hello"


async def test_an_empty_binary_message_comes_back(patient: Wire):
    session = await echo(patient)
    await session.push("b")
    assert (await session.poll()).text == "b"


@pytest.mark.parametrize("body", ["2x", "1\x1e4a", "\ufeff4a"], ids=["a ping", "a message after the close", "a BOM"])
async def test_a_wrong_body_ends_the_session(patient: Wire, body: str):
    session = await echo(patient)
    assert (await session.push(body)).status in (200, 400)
    await ended(session)


@pytest.mark.parametrize(("body", "headers"), [
    ("x", {}), ("2", {}), (b"4a", {"Content-Type": "application/octet-stream"})], ids=["a packet", "a ping", "bytes"])
async def test_a_waiting_poll_hears_of_the_end(patient: Wire, body: str | bytes, headers: dict[str, str]):
    session = await echo(patient)
    waiting = asyncio.create_task(session.poll())
    await asyncio.sleep(0.1)
    await session.push(body, **headers)
    assert (await waiting).text == "1"
    assert await session.is_gone()


async def test_a_waiting_poll_hears_of_a_dropped_post(patient: Wire):
    session = await echo(patient)
    waiting = asyncio.create_task(session.poll())
    _, writer = await patient.connect()
    writer.write(session.wire.head("POST", session.query, {"Content-Length": "6"}) + b"4hel")
    await asyncio.sleep(0.1)
    writer.transport.abort()
    assert (await waiting).text == "1"
    assert await session.is_gone()


@pytest.mark.parametrize("pieces", [(b"4he", b"llo"), (b"", b"4hel", b"lo")])
async def test_a_post_may_take_its_time(patient: Wire, pieces: tuple[bytes, ...]):
    """Several, as many as the server has threads: some arrive where the session is not."""
    session = await echo(patient)
    for _ in range(4):
        reader, writer = await patient.connect()
        writer.write(session.wire.head("POST", session.query, {"Content-Length": "6", "Connection": "close"}))
        for piece in pieces:
            await asyncio.sleep(0.05)
            writer.write(piece)
        assert (await reader.read()).endswith(b"\r\n\r\nok")
        writer.close()
        assert (await session.poll()).text == "4hello"


async def test_packets_that_are_too_large_together_are_refused(patient: Wire):
    session = await echo(patient)
    part = "4" + "x" * 600_000
    assert (await session.push(f"{part}\x1e{part}")).status == 413
    await session.push("4still here")
    assert (await session.poll()).text == "4still here"


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0"])
async def test_what_a_client_does_not_take_is_not_sent(patient: Wire, accepted: str):
    session = await echo(patient)
    await session.push("4" + "abc" * 500)
    answer = await session.poll(**{"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert answer.text == "4" + "abc" * 500


# The upgrade.


@pytest.mark.parametrize("message", ["1", "3probe", "6", "2x", b"2probe"])
async def test_polling_goes_on_after_another_beginning(patient: Wire, message: str | bytes):
    session = await echo(patient)
    socket = await session.wire.websocket(f"EIO=4&transport=websocket&sid={session.sid}")
    socket.send(message)
    await socket.closes()
    await session.push("4still here")
    assert (await session.poll()).text == "4still here"


async def test_polling_goes_on_after_a_message_instead_of_the_upgrade(patient: Wire):
    session = await echo(patient)
    socket = await session.upgrade()
    socket.send("4too early")
    await socket.closes()
    await session.push("4still here")
    assert (await session.hear())[-1] == "4still here"


async def test_a_websocket_may_probe_twice_or_not_at_all(patient: Wire):
    session = await echo(patient)
    socket = await session.upgrade()
    socket.send("2probe")
    assert await socket.receive() == "3probe"
    socket.send("5")
    bold = await echo(patient)
    unprobed = await bold.wire.websocket(f"EIO=4&transport=websocket&sid={bold.sid}")
    unprobed.send("5")
    for upgraded in (socket, unprobed):
        upgraded.send("4hello")
        assert await upgraded.receive() == "4hello"


async def test_a_close_while_upgrading_closes_both(patient: Wire):
    session = await echo(patient)
    socket = await session.upgrade()
    assert (await session.push("1")).status == 200
    await socket.closes()
    assert await session.is_gone()


# Socket.IO packets.


@pytest.mark.parametrize("packet", ["40custom", "40,", "40/custom,[]", "40/custom,null", "43[]", "44", '45["m"]', "46"])
async def test_an_odd_start_ends_the_connection(patient: Wire, packet: str):
    socket = await engine(patient)
    socket.send(packet)
    await asyncio.wait_for(socket.closes(), 1)  # connections without a namespace end after 1.5 s anyway


@pytest.mark.parametrize("name", ["/__proto__", "/constructor"])
async def test_no_namespace_is_there_by_accident(patient: Wire, name: str):
    socket = await engine(patient)
    socket.send(f"40{name},")
    assert await socket.receive() == f'44{name},{{"message":"Invalid namespace"}}'


@pytest.mark.parametrize("messages", [
    ["42[[]]"], ["42[true]"], ['42["message"]x'], ['42+1["message-with-ack"]'], ["43{}"], ['41"x"'], ["41[]"], ["44"],
    ["47"], ["48"], ["43/custom,1[]"], ['45x-["message"]'], ['451["message"]'], ['46["m"]'],
    ['451-[{"_placeholder":true,"num":0}]', b"\x01"]], ids=lambda messages: messages[0])
async def test_an_odd_packet_ends_the_connection(patient: Wire, messages: list[str | bytes]):
    socket = await joined(patient)
    for message in messages:
        socket.send(message)
    await socket.closes()


@pytest.mark.parametrize("packet", [
    "42", '42["__proto__"]', '42["constructor",1]', '42["hasOwnProperty",1]', '42["toString"]', "42[1.5]", '42[""]'])
async def test_an_event_nobody_knows_is_ignored(patient: Wire, packet: str):
    socket = await joined(patient)
    socket.send(packet)
    await still_answers(socket)


@pytest.mark.parametrize(("packet", "answer"), [
    ('42/,["message",1]', '42["message-back",1]'), ('42/,7["message-with-ack",1]', "437[1]"),
    ('42["message"] ', '42["message-back"]'),
    ('42["message",{"__proto__":1}]', '42["message-back",{"__proto__":1}]'),
    ('42["message","\\ud800"]', '42["message-back","\\ud800"]'),
    ('42["message",{"_placeholder":true,"num":0}]', '42["message-back",{"_placeholder":true,"num":0}]'),
    ('42["message",' + "[" * 62 + "]" * 62 + "]", '42["message-back",' + "[" * 62 + "]" * 62 + "]")],
    ids=["the main namespace by name", "an acknowledgement there", "a space at the end", "a name of prototypes",
         "half a character", "a placeholder in text", "depth"])
async def test_an_odd_event_is_understood(patient: Wire, packet: str, answer: str):
    socket = await joined(patient)
    socket.send(packet)
    assert await socket.receive() == answer


async def test_a_heartbeat_may_come_between_a_packet_and_its_attachment(patient: Wire):
    socket = await joined(patient)
    socket.send('451-["message",{"_placeholder":true,"num":0}]')
    socket.send("3")
    socket.frame(PING, b"")
    socket.send(b"\x01")
    assert await socket.receive() == '451-["message-back",{"_placeholder":true,"num":0}]'
    assert await socket.receive() == b"\x01"


async def test_a_namespace_takes_attachments_under_its_name(patient: Wire):
    socket = await engine(patient)
    await join(socket, "/custom,")
    socket.frame(TEXT, b'451-/custom,["message",{"_placeholder":true,"num":0}]')
    socket.send(b"\x01")
    assert await socket.receive() == '451-/custom,["message-back",{"_placeholder":true,"num":0}]'
    assert await socket.receive() == b"\x01"


async def test_the_main_namespace_can_be_joined_again(patient: Wire):
    socket = await joined(patient)
    socket.send("41")
    await asyncio.sleep(0.1)  # the reference implementation may take the next packet before the last
    await join(socket)
    await still_answers(socket)
