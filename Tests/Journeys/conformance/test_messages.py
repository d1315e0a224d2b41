# SPDX-License-Identifier: Apache-2.0
"""SockJS, STOMP and event streams, spoken by independent clients of HTTP and WebSocket."""

import asyncio
import json
import uuid

import aiohttp
import pytest

from conformance.wire import Wire

PRELUDE = "h" * 2048 + "\n"


def address(wire: Wire, path: str, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{wire.port}{path}"


def session_path(service: str) -> str:
    return f"/{service}/000/{uuid.uuid4()}"


async def post(client: aiohttp.ClientSession, url: str, body: str = "") -> tuple[int, str]:
    async with client.post(url, data=body) as answer:
        return answer.status, await answer.text()


async def read(answer: aiohttp.ClientResponse, text: str) -> None:
    assert (await answer.content.readexactly(len(text.encode()))).decode() == text


async def test_sockjs_polls(patient: Wire):
    base = address(patient, session_path("echo"))
    async with aiohttp.ClientSession() as client:
        assert await post(client, f"{base}/xhr") == (200, "o\n")
        message = 'Hello "€" \u2028\U0001f600\n'
        assert await post(client, f"{base}/xhr_send", json.dumps([message])) == (204, "")
        status, text = await post(client, f"{base}/xhr")
        assert status == 200
        assert text[0] == "a"
        assert json.loads(text[1:]) == [message]
        assert "\u2028" not in text


async def test_sockjs_encodes_what_the_protocol_lists(patient: Wire):
    base = address(patient, session_path("echo"))
    listed = [*range(0x200C, 0x2010), *range(0x2028, 0x2030), *range(0x2060, 0x2070), *range(0xFFF0, 0x10000)]
    async with aiohttp.ClientSession() as client:
        await post(client, f"{base}/xhr")
        await post(client, f"{base}/xhr_send", json.dumps(["".join(map(chr, listed))], ensure_ascii=False))
        _, text = await post(client, f"{base}/xhr")
        assert text == 'a["' + "".join(f"\\u{code:04x}" for code in listed) + '"]\n'


async def test_sockjs_streams_until_a_response_has_grown_long(patient: Wire):
    base = address(patient, session_path("echo"))
    async with aiohttp.ClientSession() as client, client.post(f"{base}/xhr_streaming") as stream:
        await read(stream, PRELUDE + "o\n")
        message = "x" * 128
        for _ in range(31):
            await post(client, f"{base}/xhr_send", json.dumps([message]))
            await read(stream, f'a["{message}"]\n')
        assert await stream.content.read() == b""


async def test_sockjs_streams_events(patient: Wire):
    base = address(patient, session_path("echo"))
    async with aiohttp.ClientSession() as client, client.get(f"{base}/eventsource") as stream:
        await read(stream, "\r\ndata: o\r\n\r\n")
        await post(client, f"{base}/xhr_send", '["x"]')
        await read(stream, 'data: a["x"]\r\n\r\n')


async def test_sockjs_turns_a_second_receiver_away_and_ends_with_a_broken_one(patient: Wire):
    base = address(patient, session_path("echo"))
    async with aiohttp.ClientSession() as client:
        async with client.post(f"{base}/xhr_streaming") as stream:
            await read(stream, PRELUDE + "o\n")
            _, text = await post(client, f"{base}/xhr_streaming")
            assert text == PRELUDE + 'c[2010,"Another connection still open"]\n'
            stream.close()
        # Another of the server's threads may be quicker to hear of the next request than of the end.
        while (text := (await post(client, f"{base}/xhr"))[1]).startswith("c[2010,"):
            await asyncio.sleep(0.01)
        assert text in ("o\n", 'c[1002,"Connection interrupted"]\n')


async def test_sockjs_serves_the_close_again_and_again(patient: Wire):
    base = address(patient, session_path("close"))
    async with aiohttp.ClientSession() as client:
        assert await post(client, f"{base}/xhr") == (200, "o\n")
        for _ in range(2):
            assert await post(client, f"{base}/xhr") == (200, 'c[3000,"Go away!"]\n')


async def test_sockjs_runs_over_a_websocket(patient: Wire):
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(address(patient, session_path("echo") + "/websocket", "ws")) as socket:
            assert await socket.receive_str() == "o"
            for text in ("", "[]", '["a"]'):
                await socket.send_str(text)
            assert await socket.receive_str() == 'a["a"]'
            await socket.send_str('["a')
            assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE
        async with client.ws_connect(address(patient, "/echo/websocket", "ws")) as socket:
            await socket.send_str("Hello world!\uffff")
            assert await socket.receive_str() == "Hello world!\uffff"


async def connect(socket: aiohttp.ClientWebSocketResponse, versions: str) -> str:
    await socket.send_str(f"CONNECT\naccept-version:{versions}\nhost:localhost\n\n\0")
    return await socket.receive_str()


@pytest.mark.parametrize(("versions", "version"), [("1.0", "1.0"), ("1.0,1.1", "1.1"), ("1.0,1.1,1.2", "1.2")])
async def test_stomp_carries_messages(patient: Wire, versions: str, version: str):
    protocols = [f"v{number.replace('.', '')}.stomp" for number in versions.split(",")]
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(address(patient, "/stomp", "ws"), protocols=protocols) as socket:
            assert socket.protocol == protocols[-1]
            assert f"\nversion:{version}\n" in await connect(socket, versions)
            await socket.send_str("SUBSCRIBE\nid:0\ndestination:/a\nreceipt:r\n\n\0")
            assert await socket.receive_str() == "RECEIPT\nreceipt-id:r\n\n\0"
            body = "é" * 40_000
            frame = f"SEND\ndestination:/a\n\n{body}\0"
            for start in range(0, len(frame), 16_384):
                await socket.send_str(frame[start : start + 16_384])
            head, _, rest = (await socket.receive_str()).partition("\n\n")
            assert rest == body + "\0"
            assert f"content-length:{len(body.encode())}" in head.split("\n")
            await socket.send_str("DISCONNECT\nreceipt:bye\n\n\0")
            assert await socket.receive_str() == "RECEIPT\nreceipt-id:bye\n\n\0"
            assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE


async def test_stomp_says_what_is_wrong_and_closes(patient: Wire):
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(address(patient, "/stomp", "ws")) as socket:
            await connect(socket, "1.2")
            await socket.send_str("BEGIN\ntransaction:t\nreceipt:r\n\n\0")
            assert (
                await socket.receive_str()
                == "ERROR\nmessage:transactions are not supported\nreceipt-id:r\n\n\0"
            )
            assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE


async def event(stream: aiohttp.ClientResponse) -> dict[str, str]:
    """The fields of the next event."""
    text = (await stream.content.readuntil(b"\n\n")).decode()
    return dict(line.split(": ", 1) for line in text.strip().split("\n"))


async def test_an_event_stream_goes_on_where_it_broke(patient: Wire):
    events = address(patient, "/fallback/events")
    async with aiohttp.ClientSession() as client:
        async with client.get(events) as stream:
            assert await event(stream) == {"retry": "1000"}
            opening = await event(stream)
            assert opening["event"] == "session"
            secret = json.loads(opening["data"])["session"]
            inbox = address(patient, f"/fallback/{secret}")
            assert await post(client, f"{inbox}?n=1", "[1]") == (204, "")
            first = await event(stream)
            assert first["data"] == "[1]"
            stream.close()
        assert await post(client, f"{inbox}?n=2", "[2]") == (204, "")
        assert await post(client, f"{inbox}?n=2", "[2]") == (204, "")
        async with client.get(events, headers={"Last-Event-ID": first["id"]}) as stream:
            await event(stream)
            second = await event(stream)
            assert (second["id"], second["data"]) == (f"{secret}.2", "[2]")
            assert (await post(client, f"{inbox}?n=9", "[9]"))[0] == 409
