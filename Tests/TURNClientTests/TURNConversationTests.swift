// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TLS
import TURNClient
import TestKit
import Testing

@Suite("Conversations with a TURN server")
struct TURNConversationTests {
    @Test("the address that the server sees is reported")
    func discovery() throws {
        var exchange = Exchange()
        exchange.handle(.discover)
        #expect(try exchange.look { $0.method } == .binding)
        #expect(exchange.sent.last?.count == 20)
        try exchange.answer(.success) { $0.append(.xorMappedAddress, mapped) }
        #expect(exchange.outputs == [.discovered(mapped)])
        #expect(exchange.client.deadline == nil)
    }

    @Test("a question over datagrams is asked seven times, at growing intervals")
    func repetitions() {
        var exchange = Exchange()
        exchange.handle(.discover)
        var times: [Int64] = [0]
        let first = exchange.sent
        while exchange.sleep(), exchange.outputs.isEmpty {
            #expect(exchange.sent == first)
            times.append(exchange.now.nanoseconds / 1_000_000)
        }
        #expect(times == [0, 500, 1500, 3500, 7500, 15_500, 31_500])
        #expect(exchange.now.nanoseconds == 39_500_000_000)
        #expect(exchange.outputs == [.failed(.discover, .timedOut)])
        #expect(exchange.client.deadline == nil)
    }

    @Test("a question on a stream is asked once")
    func onceOnStreams() {
        var exchange = Exchange { $0.isStream = true }
        exchange.handle(.discover)
        exchange.sleep()
        #expect(exchange.sent.isEmpty)
        #expect(exchange.now.nanoseconds == 39_500_000_000)
        #expect(exchange.outputs == [.failed(.discover, .timedOut)])
    }

    @Test("a challenge is answered with a signature, and the allocation is reported")
    func allocation() throws {
        var exchange = Exchange()
        exchange.handle(.allocate())
        try exchange.look { message in
            #expect(message.method == .allocate)
            #expect(message.firstByte(.requestedTransport) == 17)
            #expect(!message.has(.username))
        }
        let first = try #require(exchange.asked).transactionID
        try exchange.challenge()
        try exchange.look { message in
            #expect(message.transactionID != first)
            #expect(message.text(.username) == "alice")
            #expect(message.text(.realm) == "parley")
            #expect(message.text(.nonce) == "n1")
            #expect(message.isIntact(.sha1, key: exchange.key(), digests))
        }
        try exchange.grant {
            $0.append(.xorRelayedAddress, relayed)
            $0.append(.xorMappedAddress, mapped)
            $0.append(.lifetime, number: 600)
        }
        let allocation = TURNAllocation(relayed: relayed, mapped: mapped, lifetime: 600)
        #expect(exchange.outputs == [.allocated(allocation)])
        #expect(exchange.client.allocation == allocation)
    }

    @Test("SHA-256 is taken when it is offered in a way that nobody can take back")
    func sha256() throws {
        var exchange = Exchange()
        exchange.nonce = "obMatJos2AAABxyz"
        exchange.handle(.allocate())
        try exchange.answer(.error) {
            $0.append(STUNErrorCode.unauthenticated)
            $0.append(.realm, "parley")
            $0.append(.nonce, "obMatJos2AAABxyz")
            $0.append([STUNPasswordAlgorithm.sha256, .md5])
        }
        try exchange.look { message in
            #expect(message.passwordAlgorithm == .sha256)
            #expect(message.passwordAlgorithms == [.sha256, .md5])
            #expect(message.isIntact(.sha256, key: exchange.key(.sha256), digests))
            #expect(!message.hasIntegrity(.sha1))
        }
    }

    @Test("a client that is told to do as browsers do, takes the old hash")
    func asBrowsers() throws {
        var exchange = Exchange { $0.usesSHA256 = false }
        exchange.nonce = "obMatJos2AAABxyz"
        exchange.handle(.allocate())
        try exchange.answer(.error) {
            $0.append(STUNErrorCode.unauthenticated)
            $0.append(.realm, "parley")
            $0.append(.nonce, "obMatJos2AAABxyz")
            $0.append([STUNPasswordAlgorithm.sha256, .md5])
        }
        try exchange.look { message in
            #expect(message.passwordAlgorithm == nil)
            #expect(!message.has(.passwordAlgorithms))
            #expect(message.isIntact(.sha1, key: exchange.key(), digests))
        }
    }

    @Test("an offer that lost its list on the way is not taken up")
    func bidDown() throws {
        var exchange = Exchange()
        exchange.nonce = "obMatJos2AAABxyz"
        exchange.handle(.allocate())
        try exchange.challenge()
        #expect(exchange.outputs == [.failed(.allocate(.v4), .refused(.unauthenticated))])
    }

    @Test("a wrong password is found out at once")
    func wrongPassword() throws {
        var exchange = Exchange { $0.password = "wrong" }
        exchange.handle(.allocate())
        try exchange.challenge()
        try exchange.challenge()
        #expect(exchange.outputs == [.failed(.allocate(.v4), .refused(.unauthenticated))])
    }

    @Test("an old nonce is replaced, and the question asked again")
    func staleNonce() throws {
        var exchange = Exchange()
        try exchange.allocate()
        exchange.handle(.permit([peer.ip]))
        exchange.nonce = "n2"
        try exchange.challenge(.staleNonce)
        #expect(try exchange.look { $0.text(.nonce) } == "n2")
        #expect(try exchange.look { $0.address(.xorPeerAddress)?.ip } == peer.ip)
        try exchange.grant()
        #expect(exchange.outputs == [.permitted([peer.ip])])
    }

    @Test("a server that calls every nonce old is given up")
    func alwaysStale() throws {
        var exchange = Exchange()
        try exchange.allocate()
        exchange.handle(.permit([peer.ip]))
        for _ in 0..<3 { try exchange.challenge(.staleNonce) }
        #expect(exchange.outputs.isEmpty)
        try exchange.challenge(.staleNonce)
        #expect(exchange.outputs == [.failed(.permit([peer.ip]), .refused(.staleNonce))])
    }

    @Test(
        "a signed refusal says why",
        arguments: [STUNErrorCode.allocationMismatch, .allocationQuotaReached, .insufficientCapacity])
    func refusals(_ code: STUNErrorCode) throws {
        var exchange = Exchange()
        exchange.handle(.allocate(.v6))
        #expect(try exchange.look { $0.firstByte(.requestedAddressFamily) } == 2)
        try exchange.challenge()
        try exchange.refuse(code)
        #expect(exchange.outputs == [.failed(.allocate(.v6), .refused(code))])
    }

    @Test("another server that is named is reported")
    func redirection() throws {
        var exchange = Exchange()
        exchange.handle(.allocate())
        try exchange.answer(.error) {
            $0.append(STUNErrorCode.tryAlternate)
            $0.append(.alternateServer, peer)
        }
        #expect(exchange.outputs == [.failed(.allocate(.v4), .redirected(peer))])
    }

    @Test("answers that nobody signed, or somebody else did, do not count")
    func forgeries() throws {
        var exchange = Exchange()
        try exchange.allocate()
        exchange.handle(.permit([peer.ip]))
        let unsigned = try exchange.bytes(.success) { _ in }
        let refusal = try exchange.bytes(.error) { $0.append(STUNErrorCode.forbidden) }
        let foreign = try exchange.bytes(.success) { $0.append(.sha1, key: [1], digests) }
        let key = exchange.key()
        let right = try exchange.bytes(.success) { $0.append(.sha1, key: key, digests) }
        for forged in [unsigned, refusal, foreign] {
            exchange.handle(.received(forged))
            #expect(exchange.outputs.isEmpty)
        }
        for prefix in right.prefixes {
            exchange.handle(.received(prefix))
            #expect(exchange.outputs.isEmpty)
        }
        exchange.handle(.received(right))
        #expect(exchange.outputs == [.permitted([peer.ip])])
        exchange.handle(.received(right))
        #expect(exchange.outputs.isEmpty)
    }

    @Test("an answer that lacks what it must have is no answer")
    func incomplete() throws {
        var exchange = Exchange()
        exchange.handle(.allocate())
        try exchange.challenge()
        try exchange.grant { $0.append(.lifetime, number: 600) }
        #expect(exchange.outputs == [.failed(.allocate(.v4), .incomplete)])
    }
}

@Suite("Keeping an allocation")
struct TURNUpkeepTests {
    @Test(
        "an allocation is renewed a minute before its end, or half-way when it is short",
        arguments: [(600, 540), (120, 60), (90, 45), (3600, 3540)])
    func refresh(_ lifetime: UInt32, _ expected: Int64) throws {
        var exchange = Exchange()
        try exchange.allocate(lifetime: lifetime)
        exchange.sleep()
        #expect(exchange.now.nanoseconds == expected * 1_000_000_000)
        #expect(try exchange.look { $0.method } == .refresh)
        try exchange.grant { $0.append(.lifetime, number: lifetime) }
        #expect(exchange.outputs.isEmpty)
        exchange.sleep()
        #expect(exchange.now.nanoseconds == 2 * expected * 1_000_000_000)
    }

    @Test("an allocation that cannot be renewed is lost")
    func lost() throws {
        var exchange = Exchange()
        try exchange.allocate()
        exchange.sleep()
        try exchange.refuse(.allocationMismatch)
        #expect(exchange.outputs == [.lost(.refused(.allocationMismatch))])
        #expect(exchange.client.allocation == nil)
        #expect(exchange.client.deadline == nil)
    }

    @Test("permissions and channels are renewed every four minutes")
    func renewals() throws {
        var exchange = Exchange()
        try exchange.allocate(lifetime: 3600)
        exchange.handle(.permit([peer.ip]))
        try exchange.grant()
        exchange.handle(.bindChannel(peer))
        #expect(try exchange.look { $0.channelNumber } == 0x4000)
        try exchange.grant()
        #expect(exchange.outputs == [.bound(peer, channel: 0x4000)])
        exchange.sleep()
        #expect(exchange.now.nanoseconds == 240_000_000_000)
        let methods = exchange.sent.compactMap { unsafe $0.withUnsafeBytes { unsafe STUNHeader($0)?.method } }
        #expect(methods == [.createPermission, .channelBind])
        try exchange.grant()
        #expect(exchange.outputs.isEmpty)
    }

    @Test("a peer keeps its channel, another peer gets another one")
    func channels() throws {
        var exchange = Exchange()
        try exchange.allocate()
        let other = SocketAddress(ip: peer.ip, port: 10)
        for (target, number) in [(peer, UInt16(0x4000)), (other, 0x4001), (peer, 0x4000)] {
            exchange.handle(.bindChannel(target))
            try exchange.grant()
            #expect(exchange.outputs == [.bound(target, channel: number)])
        }
    }

    @Test("releasing gives everything back")
    func release() throws {
        var exchange = Exchange()
        try exchange.allocate()
        exchange.handle(.release)
        #expect(try exchange.look { $0.number(.lifetime) } == 0)
        try exchange.grant { $0.append(.lifetime, number: 0) }
        #expect(exchange.outputs == [.released])
        #expect(exchange.client.allocation == nil)
        #expect(exchange.client.deadline == nil)
    }
}

@Suite("Data through a relay")
struct TURNDataTests {
    @Test("data goes in indications until there is a channel")
    func sending() throws {
        var exchange = Exchange()
        try exchange.allocate()
        exchange.handle(.send([1, 2, 3], to: peer))
        let indication = try #require(
            exchange.sent.last.flatMap { unsafe $0.withUnsafeBytes { unsafe RelayIndication($0) } })
        #expect(indication.peer == peer)
        #expect(exchange.sent.last.map { Array($0[indication.payload]) } == [1, 2, 3])
        exchange.handle(.bindChannel(peer))
        try exchange.grant()
        exchange.handle(.send([1, 2, 3], to: peer))
        #expect(exchange.sent == [[0x40, 0, 0, 3, 1, 2, 3]])
    }

    @Test("on a stream, data on a channel ends on a boundary of four")
    func padding() throws {
        var exchange = Exchange { $0.isStream = true }
        try exchange.allocate()
        exchange.handle(.bindChannel(peer))
        try exchange.grant()
        exchange.handle(.send([1, 2, 3], to: peer))
        #expect(exchange.sent == [[0x40, 0, 0, 3, 1, 2, 3, 0]])
    }

    @Test("data of both kinds comes with its peer, from a stream cut anywhere", arguments: 1...50)
    func receiving(_ size: Int) throws {
        var exchange = Exchange { $0.isStream = true }
        try exchange.allocate()
        exchange.handle(.bindChannel(peer))
        try exchange.grant()
        var writer = STUNWriter(.data, .indication, id: STUNTransactionID(high: 1, low: 2))
        writer.append(.xorPeerAddress, relayed)
        writer.append(.data, [7])
        let stream = [0x40, 0, 0, 1, 9, 0, 0, 0] + writer.finish() + [0x40, 0, 0, 0]
        var outputs: [TURNConversation<OpenSSLDigests>.Output] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            exchange.handle(.received(Array(stream[start..<min(start + size, stream.count)])))
            outputs += exchange.outputs
        }
        #expect(
            outputs == [.received([9], from: peer), .received([7], from: relayed), .received([], from: peer)])
    }

    @Test("channels and data that nobody knows of are dropped")
    func unknown() throws {
        var exchange = Exchange()
        exchange.handle(.received([0x40, 0, 0, 1, 9]))
        #expect(exchange.outputs.isEmpty)
        try exchange.allocate()
        for bytes in [[0x40, 0x05, 0, 1, 9], [], [0x80], [0x16, 0xFE], [0x40, 0, 0, 9]] as [[UInt8]] {
            exchange.handle(.received(bytes))
            #expect(exchange.outputs.isEmpty)
        }
    }

    @Test("a stream with something else on it is given up")
    func garbage() throws {
        var exchange = Exchange { $0.isStream = true }
        exchange.handle(.discover)
        exchange.handle(.received([0x16, 0x03, 0x01]))
        #expect(exchange.outputs == [.lost(.garbage)])
        #expect(exchange.client.deadline == nil)
    }
}
