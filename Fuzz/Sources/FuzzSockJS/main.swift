// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import SockJS

/// The input is a body of messages, a message of a WebSocket, messages for a client, and a path.
fuzz { bytes in
    if let messages = accepted({ try SockJSMessages.decode(body: bytes) }) {
        promise(
            accepted { try SockJSMessages.decode(webSocketText: bytes) } == messages,
            "an array means the same on every transport")
        promise(roundTrip(messages) == messages, "messages survive a round trip")
    }
    if let messages = accepted({ try SockJSMessages.decode(webSocketText: bytes) }) {
        promise(roundTrip(messages) == messages, "messages survive a round trip")
    }
    let shown = roundTrip([bytes])
    promise(shown == [Array(String(decoding: bytes, as: UTF8.self).utf8)], "any bytes make a frame")
    promise(
        !SockJSFrame.messages([bytes]).encoded.contains { $0 < 0x20 }, "a frame is one line")
    if case .session(let name, _)? = SockJSPath(String(decoding: bytes, as: UTF8.self)) {
        promise(!name.isEmpty && !name.contains("/"), "a session has a name")
    }
}

/// The messages as they arrive.
private func roundTrip(_ messages: [[UInt8]]) -> [[UInt8]]? {
    accepted { try SockJSMessages.decode(body: Array(SockJSFrame.messages(messages).encoded.dropFirst())) }
}
