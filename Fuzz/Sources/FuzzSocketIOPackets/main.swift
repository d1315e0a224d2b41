// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import EngineIO
import FuzzKit
import SocketIOPackets

/// The input is a polling body, whose messages are what one connection receives. Every binary message is
/// tried as a packet in MessagePack as well.
fuzz { bytes in
    guard let packets = accepted({ try EngineIOPayload.decode(bytes) }) else { return }
    var decoder: SocketIODecoder? = SocketIODecoder()
    for case .message(let message) in packets {
        if case .binary = message { tryMessagePack(message) }
        do {
            guard let packet = try decoder?.decode(message) else { continue }
            promise(decode(packet.messages) == packet, "a packet survives a round trip")
            promise(
                decode(packet.messages(in: .messagePack), .messagePack) != nil,
                "a packet of text can be sent in MessagePack")
        } catch {
            decoder = nil
        }
    }
}

private func tryMessagePack(_ message: EngineIOMessage) {
    guard let packet = decode([message], .messagePack) else { return }
    // An object that looked like a placeholder is one from here on.
    let sent = decode(packet.messages(in: .messagePack), .messagePack)
    promise(sent != nil, "a packet in MessagePack can be sent on")
    guard let sent else { return }
    promise(decode(sent.messages(in: .messagePack), .messagePack) == sent, "a packet survives a round trip")
    if sent.attachments.count <= SocketIODecoder.Limits().attachments {
        promise(decode(sent.messages) == sent, "a packet in MessagePack can be sent as text")
    }
}

private func decode(_ messages: [EngineIOMessage], _ parser: SocketIOParser = .json) -> SocketIOPacket? {
    var decoder = SocketIODecoder(parser: parser)
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
