// SPDX-License-Identifier: Apache-2.0
import EngineKit
import ICE
import NetworkAddresses
import STUN
import TLS
import Testing

@Suite("IC1, IC3, IC4: how the server answers checks")
struct LiteAnswerTests {
    @Test("A right check is answered with the address it came from, integrity and fingerprint")
    func answersCheck() {
        var peer = LitePeer()
        let request = peer.check()
        let reaction = peer.deliver(request)
        #expect(reaction.answer == .success)
        #expect(reaction.added == LitePeer.first)
        #expect(reaction.selected == LitePeer.first)
        let password = Array(peer.credentials.password.utf8)
        let isRight = peer.readAnswer {
            $0.messageClass == .success && $0.address(.xorMappedAddress) == LitePeer.first.remote
                && $0.isIntact(.sha1, key: password, OpenSSLDigests()) && $0.hasFingerprint
                && $0.isFingerprintRight
        }
        #expect(isRight == true)
        #expect(peer.answer.count <= request.count)
    }

    @Test("A check over IPv6 has no longer answer than itself")
    func answersIPv6() {
        var peer = LitePeer()
        let request = peer.check()
        _ = peer.deliver(request, on: LitePeer.path("[2001:db8::1]:5000"))
        #expect(peer.readAnswer { $0.address(.xorMappedAddress) } == SocketAddress("[2001:db8::1]:5000"))
        #expect(peer.answer.count <= request.count)
    }

    @Test("A check with SHA-256 is answered with SHA-256")
    func answersSHA256() {
        var peer = LitePeer()
        let reaction = peer.deliver(peer.check(integrity: .sha256))
        #expect(reaction.answer == .success)
        let password = Array(peer.credentials.password.utf8)
        #expect(peer.readAnswer { $0.isIntact(.sha256, key: password, OpenSSLDigests()) } == true)
    }

    @Test("Nothing but a Binding request with the right code makes a path, and nothing else is answered")
    func wrongMessagesMakeNoPath() {
        typealias Drop = ICEReaction.Drop
        var peer = LitePeer()
        var other = LitePeer(seed: 2)
        var forged = peer.check()
        forged[forged.count - 20] ^= 1
        let wrong: [([UInt8], ICEReaction.Answer)] = [
            (other.check(), .dropped(.wrongName)),
            (forged, .dropped(.wrongFingerprint)),
            (peer.withWrongPassword(), .dropped(.wrongIntegrity)),
            (peer.unprotected(), .dropped(.wrongIntegrity)),
            (peer.withoutFingerprint(), .dropped(.wrongFingerprint)),
            (peer.bare(.binding, .success), .dropped(.otherMessage)),
            (peer.bare(.binding, .error), .dropped(.otherMessage)),
            (peer.bare(.allocate, .request), .dropped(.otherMessage)),
            (peer.bare(.binding, .indication), .none),
        ]
        for (bytes, expected) in wrong {
            let reaction = peer.deliver(bytes)
            #expect(reaction.answer == expected)
            #expect(reaction.added == nil)
            #expect(peer.answer.isEmpty)
        }
        #expect(peer.server.selected == nil)
    }

    @Test("A known path is not moved by a check with a wrong code from elsewhere")
    func forgeryMovesNothing() {
        var peer = LitePeer()
        peer.visit(nominating: true)
        let forged = peer.withWrongPassword(nominating: true)
        let reaction = peer.deliver(forged, on: LitePeer.second)
        #expect(reaction == ICEReaction(dropped: .wrongIntegrity))
        #expect(peer.server.selected == LitePeer.first)
    }

    @Test("A peer that wants to be controlled as well is told 487 and makes no path")
    func roleConflict() {
        var peer = LitePeer()
        let reaction = peer.deliver(peer.check(role: .iceControlled))
        #expect(reaction.answer == .error)
        #expect(reaction.added == nil)
        #expect(peer.readAnswer { $0.errorCode } == .roleConflict)
        // And then controls.
        #expect(peer.visit().answer == .success)
    }

    @Test(
        "What must be understood and is not gives 420, what has a wrong form 400, what follows the code nothing"
    )
    func refusals() {
        var peer = LitePeer()
        let strange = STUNAttributeType(rawValue: 0x7FF0)
        #expect(peer.deliver(peer.check { $0.append(strange, [1]) }).answer == .error)
        #expect(peer.readAnswer { $0.errorCode } == .unknownAttribute)
        #expect(peer.readAnswer { $0.unknownAttributes } == [strange])
        #expect(peer.deliver(peer.check { $0.append(.iceControlled, [1, 2, 3]) }).answer == .error)
        #expect(peer.readAnswer { $0.errorCode } == .badRequest)
        #expect(peer.server.selected == nil)
        let optional = STUNAttributeType(rawValue: 0xC057)
        #expect(peer.deliver(peer.check { $0.append(optional, [1]) }).answer == .success)
    }

    @Test("No cut or changed check is accepted")
    func truncation() {
        var peer = LitePeer()
        let right = peer.check()
        for count in 0..<right.count {
            #expect(peer.deliver(Array(right.prefix(count))).added == nil)
        }
        for index in right.indices {
            var changed = right
            changed[index] ^= 0x20
            #expect(peer.deliver(changed).added == nil)
        }
        #expect(peer.deliver(right).added != nil)
    }

    @Test("A check that is sent again is answered again")
    func retransmission() {
        var peer = LitePeer()
        let request = peer.check(nominating: true)
        let reaction = peer.deliver(request)
        let first = peer.answer
        #expect(reaction.selected != nil)
        #expect(peer.deliver(request).answer == .success)
        #expect(peer.answer == first)
    }
}

extension ICEReaction {
    fileprivate init(dropped reason: Drop) {
        self.init()
        answer = .dropped(reason)
    }
}

extension LitePeer {
    fileprivate mutating func withWrongPassword(nominating: Bool = false) -> [UInt8] {
        let right = credentials
        defer { credentials = right }
        credentials = ICECredentials(ufrag: right.ufrag, password: String(repeating: "x", count: 32))!
        return check(nominating: nominating)
    }

    /// A check without code.
    fileprivate mutating func unprotected() -> [UInt8] {
        var writer = STUNWriter(.binding, .request, id: nextID())
        writer.append(.username, credentials.ufrag + ":peer")
        writer.appendFingerprint()
        return writer.finish()
    }

    fileprivate mutating func withoutFingerprint() -> [UInt8] {
        var writer = STUNWriter(.binding, .request, id: nextID())
        writer.append(.username, credentials.ufrag + ":peer")
        writer.append(.sha1, key: Array(credentials.password.utf8), OpenSSLDigests())
        return writer.finish()
    }

    fileprivate mutating func bare(_ method: STUNMethod, _ messageClass: STUNClass) -> [UInt8] {
        var writer = STUNWriter(method, messageClass, id: nextID())
        writer.append(.username, credentials.ufrag + ":peer")
        writer.append(.sha1, key: Array(credentials.password.utf8), OpenSSLDigests())
        writer.appendFingerprint()
        return writer.finish()
    }
}
