// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import EngineIO
import FuzzKit
import SocketIOPackets

/// The input is a polling body, whose messages are what one connection receives.
fuzz { bytes in
    guard let packets = accepted({ try EngineIOPayload.decode(bytes) }) else { return }
    var decoder = SocketIODecoder()
    for case .message(let message) in packets {
        do {
            guard let packet = try decoder.decode(message) else { continue }
            promise(decode(packet.messages) == packet, "a packet survives a round trip")
        } catch {
            return
        }
    }
}

private func decode(_ messages: [EngineIOMessage]) -> SocketIOPacket? {
    var decoder = SocketIODecoder()
    var decoded: SocketIOPacket?
    for message in messages {
        do {
            decoded = try decoder.decode(message)
        } catch {
            return nil
        }
    }
    return decoded
}
