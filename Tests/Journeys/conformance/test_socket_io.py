# SPDX-License-Identifier: Apache-2.0
"""Socket.IO 5 as its published cases and the reference implementation have it."""

import asyncio
import json
import re

import pytest

from conformance.wire import Polling, WebSocket, Wire

PLACEHOLDERS = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'


async def engine(wire: Wire) -> WebSocket:
    """A connection that has joined no namespace yet."""
    socket = await wire.websocket()
    assert (await socket.receive()).startswith("0{")
    return socket


async def join(socket: WebSocket, namespace: str = "") -> str:
    """Joins the namespace, as `/name,`, and gives the id there."""
    socket.send(f"40{namespace}")
    answer = await socket.hear()
    assert answer.startswith(f"40{namespace}{{"), answer
    assert await socket.hear() == f'42{namespace}["auth",{{}}]'
    return json.loads(answer[2 + len(namespace):])["sid"]


async def joined(wire: Wire) -> WebSocket:
    socket = await engine(wire)
    await join(socket)
    return socket


async def still_answers(socket: WebSocket) -> None:
    socket.send('4299["message-with-ack","alive"]')
    assert await socket.hear() == '4399["alive"]'


def fill(value: object, attachments: list[bytes]) -> object:
    """The value with its placeholders replaced."""
    match value:
        case {"_placeholder": True, "num": number}:
            return attachments[number]
        case dict():
            return {key: fill(item, attachments) for key, item in value.items()}
        case list():
            return [fill(item, attachments) for item in value]
    return value


async def hear_binary(socket: WebSocket) -> tuple[str, object]:
    """A binary packet: its type, and its values whatever the order of the attachments."""
    kind, count, _, text = re.fullmatch(r"(4[56])(\d+)-(\d*)(\[.*)", await socket.hear()).groups()
    attachments = [await socket.hear() for _ in range(int(count))]
    return kind, fill(json.loads(text), attachments)


# Connecting to a namespace.


@pytest.mark.parametrize(("packet", "namespace", "auth"), [
    ("40", "", "{}"), ("40/", "", "{}"), ("40/,", "", "{}"), ('40{"token":"123"}', "", '{"token":"123"}'),
    ('40/,{"token":"123"}', "", '{"token":"123"}'), ("40/custom", "/custom,", "{}"), ("40/custom,", "/custom,", "{}"),
    ('40/custom,{"token":"abc"}', "/custom,", '{"token":"abc"}')])
async def test_a_client_joins_a_namespace(patient: Wire, packet: str, namespace: str, auth: str):
    socket = await engine(patient)
    socket.send(packet)
    answer = await socket.receive()
    assert answer.startswith(f"40{namespace}{{")
    handshake = json.loads(answer[2 + len(namespace):])
    assert list(handshake) == ["sid"] and len(handshake["sid"]) == 20
    assert await socket.receive() == f'42{namespace}["auth",{auth}]'


async def test_the_ids_of_a_connection_and_of_its_namespaces_differ(patient: Wire):
    socket = await patient.websocket()
    ids = {json.loads((await socket.receive())[1:])["sid"], await join(socket), await join(socket, "/custom,")}
    assert len(ids) == 3


@pytest.mark.parametrize("name", ["/random", "/custom/", "/custom?token=1", "/Custom"])
async def test_an_unknown_namespace_is_refused_and_the_connection_stays(patient: Wire, name: str):
    socket = await engine(patient)
    socket.send(f"40{name},")
    assert await socket.receive() == f'44{name},{{"message":"Invalid namespace"}}'
    await join(socket)


async def test_a_refusal_carries_its_message_and_data(patient: Wire):
    socket = await engine(patient)
    socket.send('40/refusing,{"token":"wrong"}')
    answer = await socket.receive()
    assert answer.startswith("44/refusing,{")
    assert json.loads(answer.removeprefix("44/refusing,")) == {
        "message": "not allowed", "data": {"code": 7, "auth": {"token": "wrong"}}}
    socket.send('40/refusing,{"token":"right"}')
    assert (await socket.receive()).startswith('40/refusing,{"sid":')


async def test_a_connection_without_a_namespace_is_closed(patient: Wire):
    socket = await engine(patient)
    async with asyncio.timeout(5):
        await socket.closes()


# Leaving.


async def test_leaving_the_main_namespace_keeps_the_connection(pinging: Wire):
    socket = await joined(pinging)
    socket.send("41")
    assert await socket.receive() == "2"


async def test_leaving_one_namespace_keeps_the_other(patient: Wire):
    socket = await joined(patient)
    await join(socket, "/custom,")
    socket.send("41/custom")
    socket.send('42["message","message to main namespace"]')
    assert await socket.receive() == '42["message-back","message to main namespace"]'


async def test_a_namespace_can_be_joined_again(patient: Wire):
    socket = await joined(patient)
    first = await join(socket, "/custom,")
    socket.send("41/custom,")
    await still_answers(socket)  # the reference implementation may take the next packet before the last
    assert await join(socket, "/custom,") != first


async def test_the_server_ends_one_namespace(patient: Wire):
    socket = await joined(patient)
    await join(socket, "/custom,")
    socket.send('42/custom,["kick"]')
    assert await socket.receive() in ("41/custom,", "41/custom")
    await still_answers(socket)


async def test_the_server_ends_the_connection(patient: Wire):
    socket = await joined(patient)
    socket.send('42["kick-all"]')
    assert await socket.receive() == "41"
    await socket.closes()


async def test_the_server_ends_a_polling_connection(patient: Wire):
    session = await patient.polling()
    await session.push("40")
    await session.hear(2)
    await session.push('42["kick-all"]')
    # Not in one answer: clients act on the close before they act on the packet in front of it.
    assert (await session.poll()).text == "41"
    assert (await session.poll()).packets[-1] == "1"
    assert await session.is_gone()


async def test_the_server_ends_a_connection_that_changes_over(patient: Wire):
    """The client no longer polls then: it must hear of the end by the WebSocket."""
    session = await patient.polling()
    await session.push("40")
    await session.hear(2)
    socket = await session.upgrade()
    await session.push('42["kick-all"]')
    socket.send("5")
    assert await socket.receive() == "41"
    await socket.closes()


# Events and acknowledgements.


@pytest.mark.parametrize("values", [
    '1,"2",{"3":[true]}', '"é☃😀\\u0000"', "null,false,0.5,-1,1e3,[]", '{"b":1,"a":{"":[{}]}}',
    "9007199254740991"])
async def test_an_event_comes_back_as_it_went(patient: Wire, values: str):
    socket = await joined(patient)
    socket.send(f'42["message",{values}]')
    answer = await socket.receive()
    assert answer.startswith('42["message-back",')
    assert json.loads(answer[2:])[1:] == json.loads(f"[{values}]")


async def test_an_event_comes_back_byte_for_byte(patient: Wire):
    socket = await joined(patient)
    socket.send('42["message",1,"2",{"3":[true]}]')
    assert await socket.receive() == '42["message-back",1,"2",{"3":[true]}]'


@pytest.mark.parametrize(
    ("id", "answered"), [("456", "456"), ("0", "0"), ("007", "7"), ("4294967296", "4294967296")])
async def test_an_event_is_acknowledged_byte_for_byte(patient: Wire, id: str, answered: str):
    socket = await joined(patient)
    socket.send(f'42{id}["message-with-ack",1,"2",{{"3":[false]}}]')
    assert await socket.receive() == f'43{answered}[1,"2",{{"3":[false]}}]'


async def test_a_namespace_acknowledges_under_its_name(patient: Wire):
    socket = await engine(patient)
    await join(socket, "/custom,")
    socket.send('42/custom,5["message-with-ack"]')
    assert await socket.receive() == "43/custom,5[]"


async def test_attachments_come_back_byte_for_byte(patient: Wire):
    socket = await joined(patient)
    for message in (f'452-["message",{PLACEHOLDERS}]', b"\x01\x02\x03", b"\x04\x05\x06"):
        socket.send(message)
    assert [await socket.receive() for _ in range(3)] == [
        f'452-["message-back",{PLACEHOLDERS}]', b"\x01\x02\x03", b"\x04\x05\x06"]


async def test_attachments_are_acknowledged_byte_for_byte(patient: Wire):
    socket = await joined(patient)
    for message in (f'452-789["message-with-ack",{PLACEHOLDERS}]', b"\x01\x02\x03", b"\x04\x05\x06"):
        socket.send(message)
    assert [await socket.receive() for _ in range(3)] == [
        f"462-789[{PLACEHOLDERS}]", b"\x01\x02\x03", b"\x04\x05\x06"]


async def test_attachments_travel_over_polling(patient: Wire):
    session = await patient.polling()
    await session.push("40")
    await session.hear(2)
    await session.push(f'452-["message",{PLACEHOLDERS}]\x1ebAQID\x1ebBAUG')
    assert await session.hear(3) == [f'452-["message-back",{PLACEHOLDERS}]', "bAQID", "bBAUG"]


@pytest.mark.parametrize(("numbers", "values"), [
    ([1, 0], [b"\x02", b"\x01"]), ([0, 0, 1], [b"\x01", b"\x01", b"\x02"])], ids=["out of order", "twice"])
async def test_an_attachment_may_stand_anywhere(patient: Wire, numbers: list[int], values: list[bytes]):
    socket = await joined(patient)
    places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in numbers)
    for message in (f'452-["message",{places}]', b"\x01", b"\x02"):
        socket.send(message)
    assert await hear_binary(socket) == ("45", ["message-back", *values])


async def test_attachments_lie_as_deep_as_they_like(patient: Wire):
    socket = await joined(patient)
    socket.send('451-["message",{"a":[{"b":{"_placeholder":true,"num":0}}],"c":1}]')
    socket.send(b"\x01")
    assert await hear_binary(socket) == ("45", ["message-back", {"a": [{"b": b"\x01"}], "c": 1}])


async def test_ten_attachments_are_allowed(patient: Wire):
    socket = await joined(patient)
    places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(10))
    socket.send(f'4510-["message",{places}]')
    for number in range(10):
        socket.send(bytes([number]))
    assert await hear_binary(socket) == ("45", ["message-back", *(bytes([number]) for number in range(10))])


@pytest.mark.parametrize("packet", ['42[1,"a"]', '42["error","x"]', '43999["x"]', '42["nobody listens"]'])
async def test_what_nobody_waits_for_is_ignored(patient: Wire, packet: str):
    socket = await joined(patient)
    socket.send(packet)
    await still_answers(socket)


MALFORMED = {
    "unknown type": ["4abc"],
    "no type": ["4"],
    "type 9": ["49"],
    "an event that is an object": ["42{}"],
    "an event without a name": ["42[]"],
    "an event named null": ["42[null]"],
    "an event named by an object": ["42[{}]"],
    "an event that is a string": ['42"x"'],
    "an event that is no JSON": ['42["message",]'],
    "an id that is no number": ['42abc["message-with-ack",1]'],
    "a negative id": ['42-1["message-with-ack",1]'],
    "a broken id": ['421.5["message-with-ack",1]'],
    "an acknowledgement that is an object": ["431{}"],
    "a disconnect with a payload": ["41{}"],
    "a refusal from a client": ['44{"message":"x"}'],
    "a second connect": ["40"],
    "an event for a namespace not joined": ['42/custom,["message"]'],
    "a disconnect from a namespace not joined": ["41/custom,"],
    "the event connect": ['42["connect"]'],
    "the event connect_error": ['42["connect_error"]'],
    "the event disconnect": ['42["disconnect"]'],
    "the event disconnecting": ['42["disconnecting"]'],
    "the event newListener": ['42["newListener"]'],
    "the event removeListener": ['42["removeListener"]'],
    "binary that no packet announced": [b"\x01"],
    "text where binary was announced": ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
    "a placeholder out of range": ['451-["message",{"_placeholder":true,"num":1}]', b"\x01"],
    "a placeholder below zero": ['451-["message",{"_placeholder":true,"num":-1}]', b"\x01"],
    "a placeholder without a number": ['451-["message",{"_placeholder":true,"num":"0"}]', b"\x01"],
    "a binary event without a count": ['45["message"]'],
    "eleven attachments": ['4511-["message"]'],
}


@pytest.mark.parametrize("messages", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_packet_ends_the_connection(patient: Wire, messages: list[str | bytes]):
    socket = await joined(patient)
    for message in messages:
        socket.send(message)
    await socket.closes()


@pytest.mark.parametrize("packet", ["4abc", "40[]", '40"x"', "40null", "40{bad", "41", '42["message"]'])
async def test_a_malformed_start_ends_the_connection(patient: Wire, packet: str):
    socket = await engine(patient)
    socket.send(packet)
    await asyncio.wait_for(socket.closes(), 1)  # connections without a namespace end after 1.5 s anyway


async def test_a_malformed_packet_ends_a_polling_connection(patient: Wire):
    session = await patient.polling()
    await session.push("40")
    await session.hear(2)
    await session.push("42{}")
    await ended(session)


async def ended(session: Polling) -> None:
    while (answer := await session.poll()).status == 200:
        assert set(answer.packets) <= {"1", "6"}
    assert answer.status == 400


# Rooms and questions of the server.


async def test_a_room_hears_what_is_said_in_it(patient: Wire):
    ana, ben, eve = [await joined(patient) for _ in range(3)]
    for socket, room in ((ana, "red"), (ben, "red"), (eve, "blue")):
        socket.send(f'421["join","{room}"]')
        assert await socket.receive() == "431[]"
    ana.send('42["say","red",1,"two"]')
    assert await ben.receive() == '42["said",1,"two"]'
    ana.send('42["say-all","red",3]')
    assert await ana.receive() == await ben.receive() == '42["said",3]'
    for socket in (ana, ben, eve):
        await still_answers(socket)


async def test_the_server_asks_and_the_client_answers(patient: Wire):
    socket = await joined(patient)
    for _ in range(2):
        socket.send('42["ask","how"]')
        question = await socket.receive()
        id = re.fullmatch(r'42(\d+)\["question","how"\]', question)[1]
        for _ in range(2):  # the second answer is one too many, and ignored
            socket.send(f'43{id}["well"]')
        assert await socket.receive() == '42["answer",null,"well"]'
    socket.send('42["ask","nobody"]')
    await socket.receive()
    assert await socket.receive() == '42["answer","operation has timed out"]'
