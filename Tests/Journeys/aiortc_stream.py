# SPDX-License-Identifier: Apache-2.0
"""aiortc at WHIP and WHEP: `aiortc_stream.py publish URL SECONDS [TOKEN]`, `aiortc_stream.py watch URL FRAMES [TOKEN]`.

An implementation of WebRTC that shares nothing with browsers. A publisher sends an orange picture and a tone for so long; a
viewer waits for so many frames of each. Both print what came of it as JSON.
"""

import array
import asyncio
import fractions
import json
import math
import statistics
import sys
from urllib.parse import urljoin

import aiohttp
import aioice.ice
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

# The only network that a test machine is sure to have, and the one that aioice leaves out.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

ORANGE = (255, 128, 0)
RATE = 48_000


class Orange(VideoStreamTrack):
    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        # Something moves, so that every frame is one.
        row = bytearray(bytes(ORANGE) * 320)
        at = pts // 3000 % 320 * 3
        row[at:at + 3] = bytes(3)
        frame = VideoFrame(320, 240, "rgb24")
        frame.planes[0].update(bytes(row) * 240)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    at = 0

    async def recv(self) -> AudioFrame:
        # It waits until a frame is due.
        silence = await super().recv()
        count = silence.samples * RATE // silence.sample_rate
        wave = (math.sin(2 * math.pi * 440 * (self.at + each) / RATE) * 12_000 for each in range(count))
        self.at += count
        frame = AudioFrame(format="s16", layout="mono", samples=count)
        frame.planes[0].update(array.array("h", map(round, wave)).tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, fractions.Fraction(1, RATE)
        return frame


async def post(session: aiohttp.ClientSession, connection: RTCPeerConnection, url: str) -> str:
    await connection.setLocalDescription(await connection.createOffer())
    offer = connection.localDescription.sdp
    async with session.post(url, data=offer, headers={"Content-Type": "application/sdp"}) as answer:
        text = await answer.text()
        if answer.status != 201:
            raise SystemExit(json.dumps({"status": answer.status, "answer": text}))
        await connection.setRemoteDescription(RTCSessionDescription(text, "answer"))
        return urljoin(url, answer.headers["Location"])


async def publish(session: aiohttp.ClientSession, url: str, seconds: float) -> dict:
    connection = RTCPeerConnection()
    connection.addTransceiver(Tone(), direction="sendonly")
    connection.addTransceiver(Orange(), direction="sendonly")
    place = await post(session, connection, url)
    await asyncio.sleep(seconds)
    stats = (await connection.getStats()).values()
    found = {
        "state": connection.connectionState,
        "sent": {each.kind: each.packetsSent for each in stats if each.type == "outbound-rtp"},
        "lost": {each.kind: each.packetsLost for each in stats if each.type == "remote-inbound-rtp"},
    }
    async with session.delete(place) as answer:
        found["deleted"] = answer.status
    await connection.close()
    return found


async def take(track: MediaStreamTrack, count: int) -> dict:
    frames = [await track.recv() for _ in range(count)]
    if track.kind == "audio":
        samples = array.array("h", bytes(frames[-1].planes[0]))
        return {"frames": len(frames), "loudness": round(statistics.fmean(each * each for each in samples) ** 0.5)}
    picture = bytes(frames[-1].reformat(format="rgb24").planes[0])
    return {"frames": len(frames), "size": [frames[-1].width, frames[-1].height],
            "color": [statistics.median(picture[channel::3]) for channel in range(3)]}


async def watch(session: aiohttp.ClientSession, url: str, frames: float) -> dict:
    connection = RTCPeerConnection()
    for kind in ("audio", "video"):
        connection.addTransceiver(kind, direction="recvonly")
    tracks = []
    connection.on("track", tracks.append)
    place = await post(session, connection, url)
    taken = await asyncio.wait_for(asyncio.gather(*(take(track, int(frames)) for track in tracks)), 25)
    found = {track.kind: each for track, each in zip(tracks, taken)}
    async with session.delete(place) as answer:
        found["deleted"] = answer.status
    await connection.close()
    return found


async def main(role: str, url: str, amount: str, token: str | None = None) -> dict:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(ssl=False)) as session:
        return await {"publish": publish, "watch": watch}[role](session, url, float(amount))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:]))))
