// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import JSON
internal import MessagePack
internal import SocketIOPackets

extension ClusterTree {
    init(messagePack bytes: [UInt8]) throws(DecodeError) {
        var writer = MessagePackToJSON()
        try writer.append(MessagePackValue(decoding: bytes))
        // As deep as the decoder allows.
        self.init(
            try JSONValue(parsing: writer.text, maxDepth: .max), attachments: writer.attachments)
    }

    var messagePack: [UInt8] {
        var bytes: [UInt8] = []
        MessagePackValue(value, attachments: attachments).encode(into: &bytes)
        return bytes
    }
}
