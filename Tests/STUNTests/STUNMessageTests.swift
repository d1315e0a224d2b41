// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import STUN
import TestKit
import Testing

/// A Binding request with attributes written as hex.
private func request(_ attributes: String, type: String = "0001") -> [UInt8] {
    let attributes = [UInt8](hex: attributes)
    let length = [UInt8(attributes.count >> 8), UInt8(attributes.count & 255)]
    return [UInt8](hex: type) + length + [UInt8](hex: "2112A442 0102030405060708090A0B0C") + attributes
}

@Suite("STUN messages")
struct STUNMessageTests {
    @Test("no prefix of a message is a message", arguments: Vector.all)
    func prefixes(_ bytes: [UInt8]) {
        #expect(isMessage(bytes))
        for prefix in bytes.prefixes { #expect(!isMessage(prefix)) }
        #expect(!isMessage(bytes + [0]))
        #expect(!isMessage(bytes + [0, 0, 0, 0]))
    }

    @Test("a message that was cut and says so is whole only between attributes", arguments: Vector.all)
    func shortened(_ bytes: [UInt8]) {
        var ends: Set<Int> = [20]
        var end = 20
        while end < bytes.count {
            end += 4 + (Int(bytes[end + 3]) + 3) / 4 * 4
            ends.insert(end)
        }
        for count in 20..<bytes.count {
            var cut = Array(bytes[..<count])
            cut[3] = UInt8(count - 20)
            #expect(isMessage(cut) == ends.contains(count), "\(count)")
        }
    }

    @Test(
        "what is not STUN is refused",
        arguments: [
            "", "00", "0001 0000 2112A442 0102030405060708090A0B",
            "0001 0000 2112A443 0102030405060708090A0B0C", "0001 0000 00000000 0102030405060708090A0B0C",
            "4001 0000 2112A442 0102030405060708090A0B0C", "0401 0000 2112A442 0102030405060708090A0B0C",
            "1601 0000 2112A442 0102030405060708090A0B0C", "8001 0000 2112A442 0102030405060708090A0B0C",
            "0001 0001 2112A442 0102030405060708090A0B0C 00", "0001 0004 2112A442 0102030405060708090A0B0C",
            "0001 FFFC 2112A442 0102030405060708090A0B0C", "0001 FFFF 2112A442 0102030405060708090A0B0C",
        ])
    func notMessages(_ hex: String) {
        #expect(!isMessage([UInt8](hex: hex)))
    }

    @Test(
        "an attribute that ends behind the message is refused",
        arguments: [
            "0006 0001", "0006 0005 61626364", "0006 FFFF 61626364", "0006 FFFC 61626364",
            "8022 FFFD 61626364",
            "0006 0004 61626364 0006 0008 61626364", "0008 0014 61626364", "8028 0008 61626364",
        ])
    func overlong(_ attributes: String) {
        #expect(!isMessage(request(attributes)))
    }

    @Test("a message of the greatest length there is, is read")
    func longest() throws {
        var writer = STUNWriter(.data, .indication, id: someID)
        writer.append(.data, [UInt8](repeating: 7, count: 0xFFFC - 4))
        let bytes = writer.finish()
        #expect(bytes.count == STUNStreamFraming.maxSize)
        #expect(try read(bytes) { $0.range(.data)?.count } == 0xFFFC - 4)
    }

    @Test("of an attribute that occurs twice, the first counts")
    func duplicates() throws {
        try read(request("0006 0001 61000000 0006 0001 62000000 000D 0004 00000001 000D 0004 00000002")) {
            #expect($0.text(.username) == "a")
            #expect($0.number(.lifetime) == 1)
        }
    }

    @Test("what follows an integrity attribute is not seen")
    func afterIntegrity() throws {
        var writer = STUNWriter(.allocate, .request, id: someID)
        writer.append(.username, "a")
        writer.append(.sha1, key: [1], digests)
        writer.append(.username, "b")
        writer.append(.lifetime, number: 1)
        writer.append(.sha256, key: [2], digests)
        writer.append(.realm, "r")
        // Nobody must understand what nobody protects.
        writer.append(STUNAttributeType(rawValue: 0x7FFF))
        writer.append(.sha1, key: [3], digests)
        writer.appendFingerprint()
        try read(writer.finish()) { message in
            #expect(message.text(.username) == "a")
            #expect(!message.has(.lifetime))
            #expect(!message.has(.realm))
            #expect(message.unknownRequired(besides: [.username]).isEmpty)
            #expect(message.isIntact(.sha1, key: [1], digests))
            #expect(message.isIntact(.sha256, key: [2], digests))
            #expect(!message.isIntact(.sha1, key: [3], digests))
            #expect(message.hasFingerprint)
            #expect(message.isFingerprintRight)
        }
    }

    @Test("a second code of the same kind, or SHA-1 behind SHA-256, does not count")
    func lateCodes() throws {
        var writer = STUNWriter(.allocate, .request, id: someID)
        writer.append(.sha256, key: [1], digests)
        writer.append(.sha256, key: [2], digests)
        writer.append(.sha1, key: [3], digests)
        try read(writer.finish()) { message in
            #expect(message.isIntact(.sha256, key: [1], digests))
            #expect(!message.isIntact(.sha256, key: [2], digests))
            #expect(!message.hasIntegrity(.sha1))
        }
    }

    @Test("a code that was cut short protects nothing")
    func shortCode() throws {
        var writer = STUNWriter(.binding, .request, id: someID)
        writer.append(.sha256, key: [1], digests)
        var bytes = writer.finish()
        bytes.removeLast(16)
        bytes[3] -= 16
        bytes[23] = 16
        try read(bytes) { message in
            #expect(message.hasIntegrity(.sha256))
            #expect(message.malformed == nil)
            #expect(!message.isIntact(.sha256, key: [1], digests))
        }
    }

    @Test("a fingerprint that is not last is refused, a wrong one is noticed")
    func fingerprints() throws {
        var writer = STUNWriter(.binding, .request, id: someID)
        writer.appendFingerprint()
        var bytes = writer.finish()
        #expect(try read(bytes) { $0.isFingerprintRight })
        bytes[27] ^= 1
        #expect(try read(bytes) { $0.hasFingerprint && !$0.isFingerprintRight })
        #expect(!isMessage(request("8028 0004 00000000 0006 0000")))
        #expect(
            try read(request("8028 0002 00000000")) { !$0.isFingerprintRight && $0.malformed == .fingerprint }
        )
        #expect(try read(request("")) { !$0.hasFingerprint && $0.isFingerprintRight })
    }

    @Test("unknown attributes that must be understood are listed once each and not without end")
    func unknown() throws {
        try read(request("0002 0000 8FFF 0000 7FFF 0000 0002 0000 0006 0001 61000000 0040 0000")) { message in
            let unknown = message.unknownRequired(besides: [.username])
            #expect(unknown.map(\.rawValue) == [2, 0x7FFF, 0x40])
            #expect(message.unknownRequired(besides: []).map(\.rawValue) == [2, 0x7FFF, 6, 0x40])
        }
        let many = (0..<1000).map { "\(String(0x1000 + $0, radix: 16)) 0000" }.joined()
        #expect(try read(request(many)) { $0.unknownRequired(besides: []).count } == 8)
    }

    @Test(
        "a value that does not have the form of its type is noticed and has no meaning",
        arguments: [
            ("000C 0000", STUNAttributeType.channelNumber), ("000C 0003 40000000", .channelNumber),
            ("000D 0002 00000000", .lifetime), ("000D 0008 0000000000000000", .lifetime),
            ("0012 0008 0003000000000000", .xorPeerAddress), ("0012 0008 0002000000000000", .xorPeerAddress),
            ("0012 0004 00010000", .xorPeerAddress), ("0012 0000", .xorPeerAddress),
            ("0012 0014 00010000 00000000 00000000 00000000 00000000", .xorPeerAddress),
            ("0017 0001 01000000", .requestedAddressFamily), ("0018 0000", .evenPort),
            ("0018 0004 80000000", .evenPort), ("0019 0000", .requestedTransport),
            ("001A 0004 00000000", .dontFragment), ("0022 0004 00000000", .reservationToken),
            ("0008 0010 00000000 00000000 00000000 00000000", .messageIntegrity),
            ("001C 000C 00000000 00000000 00000000", .messageIntegritySHA256),
            ("0009 0003 00000400", .errorCode),
            ("000A 0001 00000000", .unknownAttributes),
            ("001E 0010 00000000 00000000 00000000 00000000", .userhash),
            ("002A 0000", .connectionID), ("8000 0000", .additionalAddressFamily),
        ])
    func malformed(_ attribute: String, _ type: STUNAttributeType) throws {
        try read(request(attribute + "000D 0004 00000001")) { message in
            #expect(message.malformed == type)
            #expect(message.address(.xorPeerAddress) == nil)
            #expect(message.channelNumber == nil)
            #expect(message.evenPort == nil)
            #expect(message.errorCode == nil)
            #expect(message.longNumber(.reservationToken) == nil)
            #expect(!message.isIntact(.sha1, key: [], digests))
            #expect(!message.isIntact(.sha256, key: [], digests))
        }
    }

    @Test("names that are too long are malformed")
    func longNames() throws {
        for (type, limit) in [(STUNAttributeType.username, 508), (.realm, 763), (.nonce, 763)] {
            for (count, expected) in [(limit, nil), (limit + 1, type)] {
                var writer = STUNWriter(.binding, .request, id: someID)
                writer.append(type, [UInt8](repeating: 0x61, count: count))
                #expect(try read(writer.finish()) { $0.malformed } == expected)
            }
        }
    }

    @Test("text that is not UTF-8 is none")
    func text() throws {
        try read(request("0006 0002 FF610000 0014 0002 C3BC0000")) { message in
            #expect(message.text(.username) == nil)
            #expect(message.value(.username) == [0xFF, 0x61])
            #expect(message.text(.realm) == "ü")
        }
    }

    @Test("padding may be anything")
    func padding() throws {
        #expect(try read(request("0006 0001 61FFFFFF 0014 0001 62ABCDEF")) { $0.text(.realm) } == "b")
    }

    @Test(
        "method and class are taken apart and put together",
        arguments: [UInt16(0), 0x1, 0x7, 0x9, 0x10, 0x7F, 0x80, 0xFF])
    func types(_ method: UInt16) throws {
        for kind in [STUNClass.request, .indication, .success, .error] {
            let bytes = STUNWriter(STUNMethod(rawValue: method), kind, id: someID).finish()
            let read = try #require(header(bytes))
            #expect(read.method.rawValue == method)
            #expect(read.messageClass == kind)
            #expect(UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == read.type)
        }
        #expect(STUNHeader(.allocate, .error, id: someID).type == 0x0113)
        #expect(STUNHeader(.createPermission, .success, id: someID).type == 0x0108)
        #expect(RelayIndication.send == 0x0016)
        #expect(RelayIndication.data == 0x0017)
    }

    @Test("several peers of one request come in their order")
    func severalPeers() throws {
        let peers = ["192.0.2.1:1", "[2001:db8::1]:2", "192.0.2.3:3"].compactMap { SocketAddress($0) }
        var writer = STUNWriter(.createPermission, .request, id: someID)
        for peer in peers { writer.append(.xorPeerAddress, peer) }
        writer.append(.nonce, "n")
        try read(writer.finish()) { message in
            var found: [SocketAddress] = []
            var cursor = STUNMessage.Cursor()
            while let attribute = message.next(&cursor) {
                if attribute.type == .xorPeerAddress, let peer = message.address(in: attribute) {
                    found.append(peer)
                }
            }
            #expect(found == peers)
        }
    }
}
