// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import STUN
import TestKit
import Testing

@Suite("Relayed data")
struct RelayedDataTests {
    private static let peer4 = SocketAddress(ip: IPAddress(v4: 0xC000_0201), port: 49_152)
    private static let peer6 = SocketAddress(ip: IPAddress(high: 0x2001_0DB8_0000_0000, low: 1), port: 1)

    private func send(_ body: (inout STUNWriter) -> Void) -> [UInt8] {
        var writer = STUNWriter(.send, .indication, id: someID)
        body(&writer)
        return writer.finish()
    }

    @Test("a Send indication has its peer and its data", arguments: [peer4, peer6], 0...9)
    func sends(_ peer: SocketAddress, _ count: Int) throws {
        let payload = (0..<count).map { UInt8($0 + 1) }
        let bytes = send {
            $0.append(.xorPeerAddress, peer)
            $0.append(.data, payload)
        }
        let read = try #require(indication(bytes))
        #expect(read.peer == peer)
        #expect(Array(bytes[read.payload]) == payload)
        #expect(!read.dontFragment)
        for prefix in bytes.prefixes { #expect(indication(prefix) == nil) }
        #expect(indication(bytes + [0]) == nil)
        #expect(indication(bytes + [0, 0, 0, 0]) == nil)
        #expect(indication(bytes, type: RelayIndication.data) == nil)
    }

    @Test("the order of attributes does not matter, and DONT-FRAGMENT is noticed")
    func order() throws {
        let bytes = send {
            $0.append(.software, "x")
            $0.append(.data, [1, 2, 3])
            $0.append(.dontFragment)
            $0.append(.xorPeerAddress, Self.peer6)
            $0.appendFingerprint()
        }
        let read = try #require(indication(bytes))
        #expect(read.peer == Self.peer6)
        #expect(read.dontFragment)
        #expect(Array(bytes[read.payload]) == [1, 2, 3])
    }

    @Test("a Send indication that lacks something, or has something unknown or wrong, is dropped")
    func dropped() {
        #expect(indication(send { $0.append(.data, [1]) }) == nil)
        #expect(indication(send { $0.append(.xorPeerAddress, Self.peer4) }) == nil)
        let unknown = send {
            $0.append(.xorPeerAddress, Self.peer4)
            $0.append(.data, [1])
            $0.append(STUNAttributeType(rawValue: 0x7FFF))
        }
        #expect(indication(unknown) == nil)
        let family = send {
            $0.append(.xorPeerAddress, [0, 3, 0, 0, 1, 2, 3, 4])
            $0.append(.data, [1])
        }
        #expect(indication(family) == nil)
        let flag = send {
            $0.append(.xorPeerAddress, Self.peer4)
            $0.append(.data, [1])
            $0.append(.dontFragment, [1])
        }
        #expect(indication(flag) == nil)
        var fingerprint = send {
            $0.append(.xorPeerAddress, Self.peer4)
            $0.append(.data, [1])
            $0.appendFingerprint()
        }
        #expect(indication(fingerprint) != nil)
        fingerprint[fingerprint.count - 1] ^= 1
        #expect(indication(fingerprint) == nil)
    }

    @Test("of two peers or two loads of data, the first counts; what follows a code does not")
    func duplicates() throws {
        let bytes = send {
            $0.append(.xorPeerAddress, Self.peer4)
            $0.append(.xorPeerAddress, Self.peer6)
            $0.append(.data, [1])
            $0.append(.data, [2])
        }
        let read = try #require(indication(bytes))
        #expect(read.peer == Self.peer4)
        #expect(Array(bytes[read.payload]) == [1])
        let late = send {
            $0.append(.data, [1])
            $0.append(.sha1, key: [1], digests)
            $0.append(.xorPeerAddress, Self.peer4)
        }
        #expect(indication(late) == nil)
    }

    @Test("lengths that lie are dropped", arguments: [0x0000, 0x0001, 0x0010, 0x7FFF, 0xFFFC, 0xFFFF])
    func lengths(_ length: Int) {
        var bytes = send {
            $0.append(.xorPeerAddress, Self.peer4)
            $0.append(.data, [1, 2, 3, 4])
        }
        var attribute = bytes
        attribute[34] = UInt8(length >> 8)
        attribute[35] = UInt8(length & 255)
        // A shorter length leaves bytes that are read as attributes of their own, or as none.
        if length > 4 { #expect(indication(attribute) == nil) }
        bytes[2] = UInt8(length >> 8)
        bytes[3] = UInt8(length & 255)
        #expect(indication(bytes) == nil)
    }

    @Test(
        "a Data indication that is put in front of data is what the writer writes",
        arguments: [peer4, peer6], 0...5)
    func headers(_ peer: SocketAddress, _ count: Int) {
        let payload = [UInt8](repeating: 9, count: count)
        let size = RelayIndication.headerSize(peer.ip)
        var headroom = [UInt8](repeating: 0xEE, count: size)
        unsafe headroom.withUnsafeMutableBytes {
            unsafe RelayIndication.writeHeader(peer: peer, count: count, id: someID, into: $0)
        }
        var writer = STUNWriter(.data, .indication, id: someID)
        writer.append(.xorPeerAddress, peer)
        writer.append(.data, payload)
        let padding = [UInt8](repeating: 0, count: RelayIndication.padding(after: count))
        #expect(headroom + payload + padding == writer.finish())
        #expect(size == (peer.ip.isIPv4 ? 36 : 48))
    }

    @Test("ChannelData has a number, and as much data as it says")
    func channels() throws {
        let read = try #require(channelData([UInt8](hex: "4001 0003 010203")))
        #expect(read.number == 0x4001)
        #expect(read.payload == 4..<7)
        #expect(channelData([UInt8](hex: "4FFF 0000"))?.payload == 4..<4)
        #expect(channelData([UInt8](hex: "4000 0001 01 000000"))?.count == 1)
        var header = [UInt8](repeating: 0, count: 4)
        unsafe header.withUnsafeMutableBytes {
            unsafe ChannelData.write(number: 0x4002, count: 0x0102, into: $0)
        }
        #expect(header == [0x40, 0x02, 0x01, 0x02])
    }

    @Test(
        "what is not ChannelData, or has too little or too much behind it, is dropped",
        arguments: [
            "", "40", "4000", "400000", "4000 0001", "4000 0002 01", "4000 FFFF 01", "4000 0000 00000000",
            "4000 0001 01 00000000", "3FFF 0000", "5000 0000", "0000 0000", "FFFF 0000",
        ])
    func notChannels(_ hex: String) {
        #expect(channelData([UInt8](hex: hex)) == nil)
    }

    @Test("the first byte says which protocol it is, for all 256")
    func firstBytes() {
        let expected: [(ClosedRange<UInt8>, FirstByte)] = [
            (0...3, .stun), (4...15, .other), (16...19, .zrtp), (20...63, .dtls), (64...79, .channel),
            (80...127, .quic), (128...191, .rtp), (192...255, .quic),
        ]
        for (range, kind) in expected {
            for byte in range { #expect(FirstByte(byte) == kind) }
        }
    }
}
