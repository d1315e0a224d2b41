// SPDX-License-Identifier: Apache-2.0
import SRTP

/// Packets to protect.
enum RTP {
    /// An RTP packet of 12 bytes of header and a payload of counted bytes.
    static func packet(ssrc: UInt32 = 0xCAFE_BABE, sequence: UInt16, payload: Int) -> [UInt8] {
        var packet: [UInt8] = [
            0x80, 96, UInt8(sequence >> 8), UInt8(sequence & 0xFF), 0xDE, 0xCA, 0xFB, 0xAD,
        ]
        for shift in [24, 16, 8, 0] { packet.append(UInt8(truncatingIfNeeded: ssrc >> UInt32(shift))) }
        return packet + (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 5) }
    }

    /// An RTCP packet of any size from 8 bytes on.
    static func report(ssrc: UInt32 = 0xCAFE_BABE, count: Int) -> [UInt8] {
        var packet: [UInt8] = [0x81, 200, 0, 0x0B]
        for shift in [24, 16, 8, 0] { packet.append(UInt8(truncatingIfNeeded: ssrc >> UInt32(shift))) }
        return packet + (8..<max(count, 8)).map { UInt8(truncatingIfNeeded: $0) }
    }
}

extension SRTPSealer where Ciphers: SRTPCiphers {
    /// The packet, sealed out of place.
    func seal(_ packet: [UInt8], headerCount: Int = 12, rollover: UInt32) -> [UInt8] {
        var sealed = [UInt8](repeating: 0xEE, count: packet.count + SRTPProfile.mostOverhead)
        let count = unsafe packet.withUnsafeBytes { source in
            unsafe sealed.withUnsafeMutableBytes { place in
                unsafe place.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<headerCount]))
                return unsafe seal(
                    place.baseAddress!, headerCount: headerCount,
                    payload: UnsafeRawBufferPointer(rebasing: source[headerCount...]), rollover: rollover)
            }
        }
        return Array(sealed[..<count])
    }

    mutating func sealControl(_ packet: [UInt8]) -> [UInt8] {
        var sealed = [UInt8](repeating: 0xEE, count: packet.count + SRTPProfile.mostOverhead)
        let count = unsafe packet.withUnsafeBytes { source in
            unsafe sealed.withUnsafeMutableBytes { unsafe sealControl(source, into: $0.baseAddress!) }
        }
        return Array(sealed[..<count])
    }
}

extension SRTPOpener where Ciphers: SRTPCiphers {
    /// The whole packet, opened out of place.
    mutating func open(_ packet: [UInt8], headerCount: Int = 12) throws(SRTPFailure) -> [UInt8] {
        let room = UnsafeMutableRawPointer.allocate(byteCount: packet.count + 1, alignment: 1)
        defer { unsafe room.deallocate() }
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.count, alignment: 1)
        defer { unsafe source.deallocate() }
        unsafe source.copyBytes(from: packet)
        let result = unsafe try open(UnsafeRawBufferPointer(source), headerCount: headerCount, into: room)
        let payload = unsafe [UInt8](UnsafeRawBufferPointer(start: room, count: result.payloadCount))
        return Array(packet.prefix(headerCount)) + payload
    }

    mutating func openControl(_ packet: [UInt8]) throws(SRTPFailure) -> [UInt8] {
        let room = UnsafeMutableRawPointer.allocate(byteCount: packet.count + 1, alignment: 1)
        defer { unsafe room.deallocate() }
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.count, alignment: 1)
        defer { unsafe source.deallocate() }
        unsafe source.copyBytes(from: packet)
        let count = unsafe try openControl(UnsafeRawBufferPointer(source), into: room)
        return unsafe [UInt8](UnsafeRawBufferPointer(start: room, count: count))
    }
}
