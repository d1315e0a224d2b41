// SPDX-License-Identifier: Apache-2.0

import EngineIO
import FuzzKit

fuzz { bytes in
    for revision in EngineIORevision.allCases {
        if let packet = accepted({ try EngineIOPacket(decoding: bytes, revision: revision) }) {
            var text: [UInt8] = []
            packet.encode(into: &text, revision: revision)
            let again = accepted { try EngineIOPacket(decoding: text, revision: revision) }
            promise(again == packet, "a packet survives a round trip")
        }
        if let packets = accepted({ try EngineIOPayload.decode(bytes, revision: revision) }) {
            let body = EngineIOPayload.encode(packets, revision: revision)
            let again = accepted { try EngineIOPayload.decode(body, revision: revision) }
            promise(again == packets, "a polling body survives a round trip")
        }
    }
    if let packets = accepted({ try EngineIOPayload.decodeBinary(bytes) }) {
        let again = accepted { try EngineIOPayload.decodeBinary(EngineIOPayload.encodeBinary(packets)) }
        promise(again == packets, "a binary polling body survives a round trip")
    }
}
