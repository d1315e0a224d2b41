// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import FuzzKit
import HTTP

fuzz { bytes in
    // Small, so that short inputs reach them.
    let limits = HTTPLimits(maxHeadBytes: 300, maxHeaders: 10, maxBody: 64, maxTargetBytes: 100)
    let whole = decode([bytes[...]], limits: limits)
    let single = decode(bytes.indices.map { bytes[$0...$0] }, limits: limits)
    promise(whole == single, "requests do not depend on how their bytes arrive")
    for case .head(let head) in whole.events {
        // Encoding may add white space, so the head may be longer than the limit it was held to.
        let again = decode([encode(head)[...]], limits: HTTPLimits())
        promise(again.events.first == .head(head), "a head survives a round trip")
        inspect(head)
    }
}

/// What came of a connection: its events, pieces of content joined, and the refusal that ended it.
private struct Outcome: Equatable {
    var events: [HTTPRequestEvent] = []
    var refusal: HTTPRefusal?
}

private func decode(_ pieces: [ArraySlice<UInt8>], limits: HTTPLimits) -> Outcome {
    var decoder = HTTPRequestDecoder(limits: limits)
    var outcome = Outcome()
    var unread: [UInt8] = []
    for piece in pieces {
        unread += piece
        do {
            let consumed = try unread.withReader { (reader) throws(HTTPRefusal) in
                while let event = try decoder.next(&reader) { outcome.append(event) }
                return reader.offset
            }
            unread.removeFirst(consumed)
        } catch {
            outcome.refusal = error
            return outcome
        }
    }
    return outcome
}

extension Outcome {
    fileprivate mutating func append(_ event: HTTPRequestEvent) {
        if case .body(let piece) = event, case .body(let before)? = events.last {
            events[events.count - 1] = .body(before + piece)
        } else {
            events.append(event)
        }
    }
}

private func encode(_ head: HTTPRequestHead) -> [UInt8] {
    let version = head.version == .http10 ? "HTTP/1.0" : "HTTP/1.1"
    var bytes = Array("\(head.method.rawValue) \(head.target) \(version)\r\n".utf8)
    head.headers.encode(into: &bytes)
    return bytes + Array("\r\n".utf8)
}

/// Reads everything that a server reads from a head; none of it may trap.
private func inspect(_ head: HTTPRequestHead) {
    promise(head.version == .http10 || head.authority != nil, "a request names where it was sent")
    promise(head.path.utf8.count <= head.target.utf8.count + 1, "the path is part of the target")
    _ = (head.query.pairs, head.keepsAlive, head.isUpgrade(to: "websocket"), head.expectsContinue)
    _ = (HTTPForwarded.addresses(head.headers), HTTPForwarded.isSecure(head.headers))
    for (_, value) in head.headers {
        if case .range(let range) = HTTPRange.parse(value, length: 100) {
            promise(
                !range.isEmpty && 0...100 ~= range.lowerBound && range.upperBound <= 100, "a range is inside")
        }
        promise(0...1 ~= AcceptEncoding.quality(of: "gzip", in: value), "a weight is 0 to 1")
        _ = (ETagMatch.matches(ifNoneMatch: value, etag: "\"a\""), Cookies.parse(value))
        _ = (HTTPAuthority(parsing: value), PercentCoding.decode(value))
    }
}
