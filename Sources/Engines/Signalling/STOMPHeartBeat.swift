// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// When to send a heart-beat and when to call the client dead. STOMP 1.2, "Heart-beating".
struct STOMPHeartBeat: Sendable {
    /// How often the client must hear from us; `nil` for never.
    private(set) var sendInterval: Duration?
    /// How long the client may say nothing; `nil` for ever.
    private(set) var silenceLimit: Duration?
    private var lastSent = Instant.origin
    private var lastReceived = Instant.origin

    /// Nobody waits longer than this, however large a number the peer names.
    private static let longest: Int64 = 86_400_000

    /// The two numbers of a `heart-beat` header, in milliseconds; `nil` for anything else.
    static func parse(_ header: String) -> (canSend: Int64, wants: Int64)? {
        let parts = header.split(separator: ",", omittingEmptySubsequences: false).map { part in
            part.drop { $0 == " " }.prefix { $0 != " " }
        }
        guard parts.count == 2,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } })
        else { return nil }
        // More digits than fit mean very long.
        let numbers = parts.map { min(Int64($0) ?? longest, longest) }
        return (numbers[0], numbers[1])
    }

    /// - Parameters:
    ///   - client: What the client can do and wants, in milliseconds.
    ///   - server: What we can do and want, in milliseconds.
    mutating func agree(client: (canSend: Int64, wants: Int64), server: Int64, at now: Instant) {
        // A client counts from when it got the last byte: be early rather than late.
        if client.wants > 0, server > 0 {
            sendInterval = .milliseconds(max(client.wants, server)) * 3 / 4
        }
        if client.canSend > 0, server > 0 {
            silenceLimit = .milliseconds(max(client.canSend, server)) * 2
        }
        lastSent = now
        lastReceived = now
    }

    mutating func sent(at now: Instant) { lastSent = now }
    mutating func received(at now: Instant) { lastReceived = now }

    var nextBeat: Instant? { sendInterval.map(lastSent.advanced) }
    var endOfPatience: Instant? { silenceLimit.map(lastReceived.advanced) }
}
