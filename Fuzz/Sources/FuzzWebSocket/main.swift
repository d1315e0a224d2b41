// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import FuzzKit
import WebSocket

/// The first byte chooses who reads and whether messages may be compressed; the rest is the connection.
fuzz { bytes in
    let choice = bytes.first ?? 0
    let connection = bytes.dropFirst()
    let decoder = WebSocketDecoder(
        role: choice & 1 == 0 ? .server : .client, maxMessage: 300, deflate: choice & 2 == 0)
    let whole = decode([connection], decoder)
    let single = decode(connection.indices.map { connection[$0...$0] }, decoder)
    promise(whole == single, "messages do not depend on how their bytes arrive")

    var again: [UInt8] = []
    for event in whole.events { encode(event, into: &again) }
    let client = WebSocketDecoder(role: .client, maxMessage: 300, deflate: true)
    promise(
        decode([again[...]], client) == Outcome(events: whole.events),
        "messages survive a round trip")

    if let agreed = PermessageDeflate.negotiate([String(decoding: connection, as: UTF8.self)]) {
        promise(
            PermessageDeflate.negotiate([agreed.responseHeader]) == agreed,
            "an agreement means the same to both ends")
    }
}

/// What came of a connection: its events and the violation that ended it.
private struct Outcome: Equatable {
    var events: [WebSocketEvent] = []
    var violation: WebSocketViolation?
}

private func decode(_ pieces: [ArraySlice<UInt8>], _ fresh: WebSocketDecoder) -> Outcome {
    var decoder = fresh
    var outcome = Outcome()
    var unread: [UInt8] = []
    for piece in pieces {
        unread += piece
        do {
            let consumed = try unread.withReader { (reader) throws(WebSocketViolation) in
                while let event = try decoder.next(&reader) { outcome.events.append(event) }
                return reader.offset
            }
            unread.removeFirst(consumed)
        } catch {
            outcome.violation = error
            return outcome
        }
    }
    return outcome
}

private func encode(_ event: WebSocketEvent, into bytes: inout [UInt8]) {
    switch event {
    case .text(let payload, let compressed):
        WebSocketFrame.encode(.text, payload: payload, rsv1: compressed, into: &bytes)
    case .binary(let payload, let compressed):
        WebSocketFrame.encode(.binary, payload: payload, rsv1: compressed, into: &bytes)
    case .ping(let payload): WebSocketFrame.encode(.ping, payload: payload, into: &bytes)
    case .pong(let payload): WebSocketFrame.encode(.pong, payload: payload, into: &bytes)
    case .close(let code, let reason):
        let payload = code.map { WebSocketFrame.closePayload($0, reason: reason) } ?? []
        WebSocketFrame.encode(.close, payload: payload, into: &bytes)
    }
}
