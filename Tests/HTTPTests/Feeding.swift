// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import HTTP

/// A connection's bytes as a decoder sees them: pieces arrive, what is left unread stays.
struct Feed {
    var decoder: HTTPRequestDecoder
    private(set) var events: [HTTPRequestEvent] = []
    private var unread: [UInt8] = []

    init(_ decoder: HTTPRequestDecoder = HTTPRequestDecoder()) { self.decoder = decoder }

    /// Appends `bytes` and decodes as far as possible, pieces of content joined.
    mutating func offer(_ bytes: [UInt8]) throws(HTTPRefusal) {
        unread += bytes
        var decoder = self.decoder
        var decoded: [HTTPRequestEvent] = []
        defer {
            self.decoder = decoder
            for event in decoded { join(event) }
        }
        let consumed = try unread.withReader { (reader) throws(HTTPRefusal) in
            while let event = try decoder.next(&reader) { decoded.append(event) }
            return reader.offset
        }
        unread.removeFirst(consumed)
    }

    private mutating func join(_ event: HTTPRequestEvent) {
        if case .body(let piece) = event, case .body(let before)? = events.last {
            events[events.count - 1] = .body(before + piece)
        } else {
            events.append(event)
        }
    }
}

/// The events of `text`, all of it offered at once.
func decode(_ text: String, limits: HTTPLimits = HTTPLimits()) throws(HTTPRefusal) -> [HTTPRequestEvent] {
    var feed = Feed(HTTPRequestDecoder(limits: limits))
    try feed.offer(Array(text.utf8))
    return feed.events
}

/// The events of `text` when every byte arrives alone.
func decodeByteByByte(
    _ text: String, limits: HTTPLimits = HTTPLimits()
) throws(HTTPRefusal) -> [HTTPRequestEvent] {
    var feed = Feed(HTTPRequestDecoder(limits: limits))
    for byte in text.utf8 { try feed.offer([byte]) }
    return feed.events
}
