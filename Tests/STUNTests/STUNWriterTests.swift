// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import STUN
import TestKit
import Testing

@Suite("Writing STUN messages")
struct STUNWriterTests {
    @Test("every kind of value is read as it was written")
    func roundTrip() throws {
        let v4 = try #require(SocketAddress("192.0.2.1:49152"))
        let v6 = try #require(SocketAddress("[2001:db8::1]:65535"))
        var writer = STUNWriter(.allocate, .success, id: someID)
        writer.append(.username, "näme")
        writer.append(.lifetime, number: 600)
        writer.append(.reservationToken, longNumber: 0x0102_0304_0506_0708)
        writer.append(.requestedTransport, firstByte: 17)
        writer.append(channel: 0x4001)
        writer.append(evenPort: true)
        writer.append(.dontFragment)
        writer.append(.xorRelayedAddress, v4)
        writer.append(.xorMappedAddress, v6)
        writer.append(.mappedAddress, v6)
        writer.append(.alternateServer, v4)
        writer.append(STUNErrorCode.staleNonce, reason: "Stale Nonce")
        writer.append(addressError: .addressFamilyNotSupported, family: 2)
        writer.append(unknown: [STUNAttributeType(rawValue: 0x7FFF), .connectionID])
        writer.append(STUNPasswordAlgorithm.sha256)
        writer.append([STUNPasswordAlgorithm.sha256, .md5])
        try read(writer.finish()) { message in
            #expect(message.malformed == nil)
            #expect(message.text(.username) == "näme")
            #expect(message.number(.lifetime) == 600)
            #expect(message.longNumber(.reservationToken) == 0x0102_0304_0506_0708)
            #expect(message.firstByte(.requestedTransport) == 17)
            #expect(message.channelNumber == 0x4001)
            #expect(message.evenPort == true)
            #expect(message.has(.dontFragment))
            #expect(message.address(.xorRelayedAddress) == v4)
            #expect(message.address(.xorMappedAddress) == v6)
            #expect(message.address(.mappedAddress) == v6)
            #expect(message.address(.alternateServer) == v4)
            #expect(message.errorCode == .staleNonce)
            #expect(message.addressError?.family == 2)
            #expect(message.addressError?.code == .addressFamilyNotSupported)
            #expect(message.unknownAttributes.map(\.rawValue) == [0x7FFF, 0x2A])
            #expect(message.passwordAlgorithm == .sha256)
            #expect(message.passwordAlgorithms == [.sha256, .md5])
        }
    }

    @Test("no prefix of a message with everything in it is a message")
    func prefixes() {
        var writer = STUNWriter(.createPermission, .request, id: someID)
        writer.append(.xorPeerAddress, SocketAddress(ip: IPAddress(v4: 1), port: 2))
        writer.append(.username, "a")
        writer.append(.sha1, key: [1], digests)
        writer.append(.sha256, key: [1], digests)
        writer.appendFingerprint()
        let bytes = writer.finish()
        #expect(isMessage(bytes))
        for prefix in bytes.prefixes { #expect(!isMessage(prefix)) }
    }

    @Test("what does not fit into a message is left out, and the rest stays whole")
    func tooLong() throws {
        var writer = STUNWriter(.data, .indication, id: someID)
        writer.append(.lifetime, number: 1)
        writer.append(.data, [UInt8](repeating: 0, count: 0xFFFF))
        writer.append(.software, [UInt8](repeating: 0, count: 0xFFFC - 8 - 4 - 3))
        writer.append(.sha1, key: [1], digests)
        writer.append(.sha256, key: [1], digests)
        writer.appendFingerprint()
        try read(writer.finish()) { message in
            #expect(message.number(.lifetime) == 1)
            #expect(!message.has(.data))
            #expect(message.has(.software))
            #expect(!message.hasIntegrity(.sha1))
            #expect(!message.hasFingerprint)
        }
    }

    @Test("an answer has the method and the number of its request")
    func answers() throws {
        let request = STUNHeader(.channelBind, .request, id: someID)
        let answer = try #require(header(STUNWriter(answering: request, .error).finish()))
        #expect(answer.type == 0x0119)
        #expect(answer.transactionID == someID)
    }

    @Test("an array's memory is used again")
    func reuse() {
        var writer = STUNWriter(.data, .indication, id: someID, into: [1, 2, 3])
        writer.append(.data, [4])
        #expect(writer.finish().prefix(2) == [0, 0x17])
    }

    @Test(
        "an error code that is none is brought into range",
        arguments: [(0, 300), (299, 300), (700, 699), (65_535, 699)])
    func errorCodes(_ value: UInt16, _ expected: UInt16) throws {
        var writer = STUNWriter(.binding, .error, id: someID)
        writer.append(STUNErrorCode(rawValue: value))
        #expect(try read(writer.finish()) { $0.errorCode?.rawValue } == expected)
    }

    @Test("answers to strangers are small: 32 bytes with an address of IPv4")
    func size() {
        var writer = STUNWriter(.binding, .success, id: someID)
        writer.append(.xorMappedAddress, SocketAddress(ip: IPAddress(v4: 1), port: 2))
        #expect(writer.count == 32)
    }
}
