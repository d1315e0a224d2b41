// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TLS
import TURNClient
import TestKit

let digests = OpenSSLDigests()
let relayed = SocketAddress(ip: IPAddress(v4: 0xCB00_7101), port: 50_000)
let mapped = SocketAddress(ip: IPAddress(v4: 0xC000_0201), port: 4000)
let peer = SocketAddress(ip: IPAddress(v4: 0xC633_6401), port: 9)

/// A client, and a server that a test speaks for.
struct Exchange {
    var client: TURNConversation<OpenSSLDigests>
    var now = Instant.origin
    /// What the client sent last.
    private(set) var sent: [[UInt8]] = []
    private(set) var outputs: [TURNConversation<OpenSSLDigests>.Output] = []
    var nonce = "n1"
    var realm = "parley"
    /// What the server knows.
    var password = "secret"

    init(_ change: (inout TURNClientSettings) -> Void = { _ in }) {
        var settings = TURNClientSettings()
        settings.username = "alice"
        settings.password = "secret"
        change(&settings)
        client = TURNConversation(settings, digests: digests, random: SeededRandomSource(seed: 1))
    }

    mutating func handle(_ input: TURNConversation<OpenSSLDigests>.Input) {
        sent = []
        outputs = []
        for output in client.outputs(for: input, at: now) {
            if case .transmit(let bytes) = output { sent.append(bytes) } else { outputs.append(output) }
        }
    }

    /// Lets time pass until the client wants a tick; false when it wants none.
    @discardableResult
    mutating func sleep() -> Bool {
        guard let deadline = client.deadline else { return false }
        now = max(now, deadline)
        handle(.tick)
        return true
    }

    /// The key that the server checks with.
    func key(_ algorithm: STUNPasswordAlgorithm = .md5) -> [UInt8] {
        STUNCredentials.key(algorithm, username: "alice".utf8, realm: realm, password: password, digests)
    }

    /// The header of what was sent last.
    var asked: STUNHeader? {
        sent.last.flatMap { unsafe $0.withUnsafeBytes { unsafe STUNHeader($0) } }
    }

    /// Looks into what was sent last.
    func look<Value>(_ body: (STUNMessage) -> Value) throws -> Value {
        guard let last = sent.last else { throw Silence() }
        return try unsafe last.withUnsafeBytes { try body(unsafe STUNMessage($0)) }
    }

    struct Silence: Error {}

    /// Answers what was asked last.
    mutating func answer(_ kind: STUNClass, _ body: (inout STUNWriter) -> Void) throws {
        handle(.received(try bytes(kind, body)))
    }

    func bytes(_ kind: STUNClass, _ body: (inout STUNWriter) -> Void) throws -> [UInt8] {
        guard let asked else { throw Silence() }
        var writer = STUNWriter(answering: asked, kind)
        body(&writer)
        return writer.finish()
    }

    mutating func challenge(_ code: STUNErrorCode = .unauthenticated) throws {
        try answer(.error) { [realm, nonce] in
            $0.append(code)
            $0.append(.realm, realm)
            $0.append(.nonce, nonce)
        }
    }

    /// Answers with success, signed.
    mutating func grant(_ body: (inout STUNWriter) -> Void = { _ in }) throws {
        let key = key()
        try answer(.success) {
            body(&$0)
            $0.append(.sha1, key: key, digests)
        }
    }

    mutating func refuse(_ code: STUNErrorCode) throws {
        let key = key()
        try answer(.error) {
            $0.append(code)
            $0.append(.sha1, key: key, digests)
        }
    }

    /// Has an allocation of ten minutes.
    mutating func allocate(lifetime: UInt32 = 600) throws {
        handle(.allocate())
        try challenge()
        try grant {
            $0.append(.xorRelayedAddress, relayed)
            $0.append(.xorMappedAddress, mapped)
            $0.append(.lifetime, number: lifetime)
        }
    }
}
