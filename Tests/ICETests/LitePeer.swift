// SPDX-License-Identifier: Apache-2.0
import EngineKit
import ICE
import NetworkAddresses
import STUN
import TLS

/// A server's connection, and a peer that checks it as it is told, right or wrong.
struct LitePeer {
    var server: ICELite
    var now = Instant.origin
    var priority: UInt32 = ICEPriority.candidate(.host)
    /// What the checks are made with.
    var credentials: ICECredentials
    /// The last answer.
    private(set) var answer: [UInt8] = []
    private var lastID: UInt64 = 0

    static let first = path("192.0.2.1:5000")
    static let second = path("192.0.2.1:6000")

    init(seed: UInt64 = 1) {
        var random = SeededRandomSource(seed: seed)
        credentials = ICECredentials(using: &random)
        server = ICELite(own: credentials, at: now)
    }

    static func path(_ text: String, stream: UInt32 = 0) -> MediaPath {
        MediaPath(local: 0, stream: stream, remote: SocketAddress(text)!)
    }

    mutating func nextID() -> STUNTransactionID {
        lastID += 1
        return STUNTransactionID(high: 7, low: lastID)
    }

    /// A check with what `build` adds to it.
    mutating func check(
        nominating: Bool = false, integrity: STUNIntegrity = .sha1, role: STUNAttributeType = .iceControlling,
        id: STUNTransactionID? = nil, _ build: (inout STUNWriter) -> Void = { _ in }
    ) -> [UInt8] {
        var writer = STUNWriter(.binding, .request, id: id ?? nextID())
        writer.append(.username, credentials.ufrag + ":peer")
        writer.append(.priority, number: priority)
        writer.append(role, longNumber: 1)
        if nominating { writer.append(.useCandidate) }
        build(&writer)
        writer.append(integrity, key: Array(credentials.password.utf8), OpenSSLDigests())
        writer.appendFingerprint()
        return writer.finish()
    }

    /// Gives bytes to the server, as whoever reads its socket would.
    mutating func deliver(_ bytes: [UInt8], on path: MediaPath = first) -> ICEReaction {
        answer = []
        return unsafe bytes.withUnsafeBytes { bytes in
            guard let message = try? unsafe STUNMessage(bytes) else { return ICEReaction() }
            return server.receive(message, from: path, at: now, OpenSSLDigests(), into: &answer)
        }
    }

    /// A right check.
    @discardableResult
    mutating func visit(_ path: MediaPath = first, nominating: Bool = false) -> ICEReaction {
        deliver(check(nominating: nominating), on: path)
    }

    mutating func wait(_ seconds: Double) { now = now.advanced(by: .milliseconds(Int64(seconds * 1000))) }

    /// Lets time pass to the next deadline.
    mutating func waitForDeadline() -> ICEReaction {
        now = server.deadline
        return server.tick(at: now)
    }

    /// What the answer says; `nil` for none.
    func readAnswer<Value>(_ read: (STUNMessage) -> Value) -> Value? {
        unsafe answer.withUnsafeBytes { bytes in
            guard let message = try? unsafe STUNMessage(bytes) else { return nil }
            return read(message)
        }
    }
}
