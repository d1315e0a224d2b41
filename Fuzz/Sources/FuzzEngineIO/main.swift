// SPDX-License-Identifier: Apache-2.0

import EngineIO
import FuzzKit

fuzz { bytes in
    if let packet = accepted({ try EngineIOPacket(decoding: bytes) }) {
        let again = accepted { try EngineIOPacket(decoding: packet.encoded) }
        promise(again == packet, "a packet survives a round trip")
    }
    if let packets = accepted({ try EngineIOPayload.decode(bytes) }) {
        let again = accepted { try EngineIOPayload.decode(EngineIOPayload.encode(packets)) }
        promise(again == packets, "a polling body survives a round trip")
    }
}
