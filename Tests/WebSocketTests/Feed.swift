// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import WebSocket

/// A connection's bytes as a decoder sees them: pieces arrive, what is left unread stays.
struct Feed {
    var decoder: WebSocketDecoder
    private(set) var events: [WebSocketEvent] = []
    private var bytes: [UInt8] = []

    init(_ role: WebSocketDecoder.Role, maxMessage: Int = 100_000, deflate: Bool = true) {
        decoder = WebSocketDecoder(role: role, maxMessage: maxMessage, deflate: deflate)
    }

    var unread: Int { bytes.count }

    mutating func offer(_ more: [UInt8]) throws(WebSocketViolation) {
        bytes += more
        var decoder = self.decoder
        var decoded: [WebSocketEvent] = []
        defer {
            self.decoder = decoder
            events += decoded
        }
        let consumed = try bytes.withReader { (reader) throws(WebSocketViolation) in
            while let event = try decoder.next(&reader) { decoded.append(event) }
            return reader.offset
        }
        bytes.removeFirst(consumed)
    }
}
