// SPDX-License-Identifier: Apache-2.0
import RTP
import TestKit
import Testing

/// A packet with these extensions; the length is counted and zeros are appended here.
private func packet(_ profile: String, _ extensions: String) -> [UInt8] {
    var extensions = [UInt8](hex: extensions)
    while extensions.count % 4 != 0 { extensions.append(0) }
    return [UInt8](hex: "90601234 89ABCDEF 00112233") + [UInt8](hex: profile)
        + [0, UInt8(extensions.count / 4)] + extensions
}

private let map = ExtensionMap([
    (1, .mid), (2, .absoluteSendTime), (3, .transportSequence), (4, .audioLevel), (5, .rid),
    (6, .repairedRID), (7, .playoutDelay), (8, .videoOrientation), (9, .dependencyDescriptor),
    (20, .colorSpace),
])

@Suite("RTP header extensions")
struct HeaderExtensionTests {
    @Test("one pass gathers everything that is known, and passes over the rest")
    func gather() throws {
        let bytes = packet(
            "BEDE", "10 61 22 010203 31 BEEF 40 85 51 6869 00 60 7A 72 00A0FF 80 03 92 C00001 D2 FFFFFF 00")
        let found = try #require(readExtensions(bytes, map))
        #expect(Array(bytes[found.mid.range]) == Array("a".utf8))
        #expect(found.absoluteSendTime == 0x010203)
        #expect(found.transportSequence == 0xBEEF)
        #expect(found.audioLevel == 5)
        #expect(found.isVoice)
        #expect(Array(bytes[found.rid.range]) == Array("hi".utf8))
        #expect(Array(bytes[found.repairedRID.range]) == Array("z".utf8))
        #expect(found.playoutDelay == 0x00A0FF)
        #expect(found.videoOrientation == 3)
        #expect(Array(bytes[found.dependencyDescriptor.range]) == [0xC0, 0, 1])
        #expect(!found.has(.colorSpace))
    }

    @Test("both forms say the same")
    func forms() throws {
        let short = try #require(readExtensions(packet("BEDE", "31 BEEF 40 85 00 00 00"), map))
        let long = try #require(readExtensions(packet("1000", "03 02 BEEF 04 01 85 00"), map))
        let bits = try #require(readExtensions(packet("100A", "03 02 BEEF 04 02 8500"), map))
        for found in [short, long, bits] {
            #expect(found.transportSequence == 0xBEEF)
            #expect(found.audioLevel == 5)
            #expect(found.mid.isEmpty)
        }
    }

    @Test("another form is no extension of ours")
    func otherForm() {
        #expect(readElements(packet("ABCD", "10 61 00 00")).isEmpty)
        #expect(readElements(packet("BEDF", "10 61 00 00")).isEmpty)
    }

    @Test(
        "elements end where they do not fit or the form ends them",
        arguments: [
            ("BEDE", "10 61 2F 0102", 1), ("BEDE", "1F 616263", 0), ("BEDE", "10 61 FF 00", 1),
            ("BEDE", "10 61 01 0000 20 FF 00", 1), ("BEDE", "00 00 00 10 61 00 00 00", 1),
            ("1000", "01 01 61 02", 1), ("1000", "01 05 6162", 0), ("1000", "01 00 02 00", 2),
            ("1000", "FF 01 61 00", 1),
        ])
    func ends(_ profile: String, _ hex: String, _ count: Int) {
        let bytes = packet(profile, hex)
        #expect(readElements(bytes).count == count)
    }

    @Test("of an extension that occurs twice the first counts, and a wrong length is none")
    func doubles() throws {
        let found = try #require(readExtensions(packet("BEDE", "31 0001 31 0002 30 07"), map))
        #expect(found.transportSequence == 1)
        let wrong = try #require(readExtensions(packet("BEDE", "30 07 31 0009 22 0A0B0C 00"), map))
        #expect(wrong.transportSequence == 9)
        #expect(wrong.absoluteSendTime == 0x0A0B0C)
    }

    @Test("a packet of Chrome's that is only padding tells its send time")
    func chrome() throws {
        // The front of aiortc's tests/rtp_only_padding_with_header_extensions.bin.
        var bytes = [UInt8](hex: "b062567abd029f83597eaf6dbede000122f1cc8c")
        bytes += [UInt8](repeating: 0, count: 223) + [0xE0]
        let found = try #require(readExtensions(bytes, ExtensionMap([(2, .absoluteSendTime)])))
        #expect(found.absoluteSendTime == 15_846_540)
        #expect(try #require(readHeader(bytes)).payload(of: bytes.count).isEmpty)
    }

    @Test("identifiers that cannot be, and second ones, are not mapped")
    func maps() {
        var map = ExtensionMap()
        let tries: [(UInt8, ExtensionKind)] = [
            (0, .mid), (15, .mid), (1, .mid), (2, .mid), (1, .rid), (16, .rid), (255, .audioLevel),
            (255, .playoutDelay),
        ]
        let taken = tries.map { map.insert($0.0, $0.1) }
        #expect(taken == [false, false, true, false, false, true, true, false])
        #expect(map.kind(of: 16) == .rid)
        #expect(map.kind(of: 255) == .audioLevel)
        #expect(map.kind(of: 3) == nil)
        #expect(map.kind(of: 0) == nil)
        #expect(map[.mid] == 1)
        #expect(map[.playoutDelay] == 0)
    }

    @Test("every kind is found by its name")
    func names() {
        for kind in ExtensionKind.allCases { #expect(ExtensionKind(uri: kind.uri) == kind) }
        #expect(ExtensionKind(uri: "urn:ietf:params:rtp-hdrext:encrypt") == nil)
        #expect(ExtensionKind.allCases.count <= 16)
    }

    @Test("what is written is read", arguments: [RTPHeaderWriter.Form.oneByte, .twoByte])
    func written(_ form: RTPHeaderWriter.Form) throws {
        var bytes = [UInt8](repeating: 0xEE, count: 80)
        let count = unsafe bytes.withUnsafeMutableBytes { memory in
            guard
                var writer = unsafe RTPHeaderWriter(
                    into: memory, marker: true, payloadType: 111, sequence: 65535, timestamp: 7, ssrc: 9,
                    form: form)
            else { return 0 }
            let taken = [
                writer.append(4, 0x85 as UInt8), writer.append(3, 0xBEEF as UInt16),
                writer.append24(2, 0x010203),
                writer.append(0, 1 as UInt8),
            ]
            #expect(taken == [true, true, true, false])
            let place = unsafe Array("mid".utf8).withUnsafeBytes { unsafe writer.append(1, $0) }
            #expect(place != nil)
            return writer.finish()
        }
        let head = try #require(readHeader(Array(bytes[..<count])))
        #expect(head.headerCount == count)
        #expect(head.marker && head.payloadType == 111 && head.sequence == 65535 && head.ssrc == 9)
        let found = try #require(readExtensions(bytes, map))
        #expect(found.audioLevel == 5 && found.isVoice)
        #expect(found.transportSequence == 0xBEEF)
        #expect(found.absoluteSendTime == 0x010203)
        #expect(Array(bytes[found.mid.range]) == Array("mid".utf8))
        #expect(bytes[count...].allSatisfy { $0 == 0xEE })
    }

    @Test("nothing is written behind the room that there is")
    func room() {
        for room in 0..<40 {
            var bytes = [UInt8](repeating: 0xEE, count: 60)
            let count = unsafe bytes.withUnsafeMutableBytes { memory in
                guard
                    var writer = unsafe RTPHeaderWriter(
                        into: UnsafeMutableRawBufferPointer(rebasing: memory[..<room]), marker: false,
                        payloadType: 96, sequence: 1, timestamp: 2, ssrc: 3)
                else { return 0 }
                writer.append(4, 1 as UInt8)
                writer.append(3, 2 as UInt16)
                writer.append24(2, 3)
                return writer.finish()
            }
            #expect(count <= room)
            #expect(bytes[room...].allSatisfy { $0 == 0xEE })
            if count > 0 { #expect(readHeader(Array(bytes[..<count]))?.headerCount == count) }
        }
    }

    @Test("values that the short form has no room for are left out of it")
    func tooLong() {
        var bytes = [UInt8](repeating: 0, count: 400)
        for (form, length, fits) in [
            (RTPHeaderWriter.Form.oneByte, 17, false), (.oneByte, 0, false), (.oneByte, 16, true),
            (.twoByte, 0, true),
            (.twoByte, 255, true), (.twoByte, 256, false),
        ] {
            let isWritten = unsafe bytes.withUnsafeMutableBytes { memory in
                guard
                    var writer = unsafe RTPHeaderWriter(
                        into: memory, marker: false, payloadType: 96, sequence: 1, timestamp: 2, ssrc: 3,
                        form: form)
                else { return false }
                let value = [UInt8](repeating: 1, count: length)
                return unsafe value.withUnsafeBytes { unsafe writer.append(1, $0) } != nil
            }
            #expect(isWritten == fits, "\(form) \(length)")
        }
    }
}
