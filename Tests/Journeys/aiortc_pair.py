# SPDX-License-Identifier: Apache-2.0
"""Two ends of aiortc that reach each other through a relay alone: `aiortc_pair.py '{"urls": …}'`.

An implementation of ICE and TURN that shares nothing with browsers. Prints what came of it as JSON.
"""

import asyncio
import json
import sys

from aiortc import (
    RTCConfiguration, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnection, RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack

FRAMES = 20


def candidates(connection: RTCPeerConnection) -> list[str]:
    return [line for line in connection.localDescription.sdp.splitlines() if line.startswith("a=candidate:")]


async def main(server: dict) -> dict:
    configuration = RTCConfiguration([RTCIceServer(**server)], iceTransportPolicy=RTCIceTransportPolicy.RELAY)
    near, far = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
    heard: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @far.on("track")
    async def listen(track) -> None:
        for _ in range(FRAMES):
            await track.recv()
        heard.set_result(FRAMES)

    @far.on("datachannel")
    def echo(channel) -> None:
        channel.on("message", lambda message: channel.send(message[::-1]))

    near.addTrack(AudioStreamTrack())
    channel = near.createDataChannel("test")
    channel.on("open", lambda: channel.send("through the relay"))
    channel.on("message", answered.set_result)

    await near.setLocalDescription(await near.createOffer())
    await far.setRemoteDescription(RTCSessionDescription(near.localDescription.sdp, "offer"))
    await far.setLocalDescription(await far.createAnswer())
    await near.setRemoteDescription(RTCSessionDescription(far.localDescription.sdp, "answer"))
    frames, answer = await asyncio.wait_for(asyncio.gather(heard, answered), 20)
    found = {"frames": frames, "answer": answer, "candidates": candidates(near) + candidates(far)}
    await asyncio.gather(near.close(), far.close())
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
