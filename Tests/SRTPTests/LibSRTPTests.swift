// SPDX-License-Identifier: Apache-2.0
import CLibSRTP
import PacketCiphers
import SRTP
import Testing

/// A session of libsrtp, in one direction.
@safe private struct Reference: ~Copyable {
    private let session: UnsafeMutableRawPointer

    /// - Parameter sends: Whether it protects; it uses the client's keys then as later.
    init(_ profile: SRTPProfile, exported: [UInt8], sends: Bool) throws {
        let salt = 2 * profile.keyCount
        let secret = exported[..<profile.keyCount] + exported[salt..<salt + profile.saltCount]
        let opened = unsafe parley_srtp_open(Int32(profile.rawValue), Array(secret), sends ? 1 : 0)
        unsafe session = try unsafe #require(unsafe opened)
    }

    deinit { unsafe parley_srtp_close(session) }

    private func change(_ packet: [UInt8], _ body: (UnsafeMutableRawPointer, Int32) -> Int32) -> [UInt8]? {
        var bytes = packet + [UInt8](repeating: 0, count: 64)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe body($0.baseAddress!, Int32(packet.count)) }
        return count < 0 ? nil : Array(bytes[..<Int(count)])
    }

    func seal(_ packet: [UInt8]) -> [UInt8]? {
        unsafe change(packet) { unsafe parley_srtp_protect(session, $0, $1) }
    }
    func open(_ packet: [UInt8]) -> [UInt8]? {
        unsafe change(packet) { unsafe parley_srtp_unprotect(session, $0, $1) }
    }
    func sealControl(_ packet: [UInt8]) -> [UInt8]? {
        unsafe change(packet) { unsafe parley_srtp_protect_rtcp(session, $0, $1) }
    }
    func openControl(_ packet: [UInt8]) -> [UInt8]? {
        unsafe change(packet) { unsafe parley_srtp_unprotect_rtcp(session, $0, $1) }
    }
}

/// Each test runs both of our libraries against the same reference. libsrtp's start is not safe for threads.
@Suite("SRTP beside libsrtp", .serialized) struct LibSRTPTests {
    static let libraries = FastestCiphers.Library.allCases.compactMap { FastestCiphers(only: $0) }

    func exported(_ profile: SRTPProfile) -> [UInt8] {
        (0..<profile.keyingMaterialCount).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 11) }
    }

    @Test(
        "makes the same bytes over two rollovers, and each opens the other's", arguments: SRTPProfile.allCases
    )
    func media(profile: SRTPProfile) throws {
        let material = exported(profile)
        let keys = try #require(SRTPKeys(profile, exported: material, isClient: true))
        for ciphers in Self.libraries {
            let theirs = try Reference(profile, exported: material, sends: true)
            let reader = try Reference(profile, exported: material, sends: false)
            let sealer = try SRTPSealer(keys.sending, ciphers: ciphers)
            var opener = try SRTPOpener(keys.sending, ciphers: ciphers)
            for index in stride(from: 100, to: 140_000, by: 331) {
                let sequence = UInt16(truncatingIfNeeded: index)
                let packet = RTP.packet(sequence: sequence, payload: index % 1300)
                let sealed = sealer.seal(packet, rollover: UInt32(index >> 16))
                #expect(sealed == theirs.seal(packet))
                #expect(reader.open(sealed) == packet)
                #expect(try opener.open(sealed) == packet)
            }
        }
    }

    @Test("makes the same bytes with sources and extensions in the header", arguments: SRTPProfile.allCases)
    func headers(profile: SRTPProfile) throws {
        let material = exported(profile)
        let keys = try #require(SRTPKeys(profile, exported: material, isClient: true))
        var packet = RTP.packet(sequence: 7, payload: 0)
        packet[0] = 0x92  // two sources, an extension
        packet += [1, 2, 3, 4, 5, 6, 7, 8, 0xBE, 0xDE, 0, 1, 0x40, 0x30, 0, 0]
        let headerCount = packet.count
        packet += (0..<77).map { UInt8($0) }
        for ciphers in Self.libraries {
            let theirs = try Reference(profile, exported: material, sends: true)
            let sealer = try SRTPSealer(keys.sending, ciphers: ciphers)
            #expect(sealer.seal(packet, headerCount: headerCount, rollover: 0) == theirs.seal(packet))
        }
    }

    @Test("makes the same reports, and each opens the other's", arguments: SRTPProfile.allCases)
    func control(profile: SRTPProfile) throws {
        let material = exported(profile)
        let keys = try #require(SRTPKeys(profile, exported: material, isClient: true))
        for ciphers in Self.libraries {
            let theirs = try Reference(profile, exported: material, sends: true)
            let reader = try Reference(profile, exported: material, sends: false)
            var sealer = try SRTPSealer(keys.sending, ciphers: ciphers)
            var opener = try SRTPOpener(keys.sending, ciphers: ciphers)
            // libsrtp counts from 1.
            _ = sealer.sealControl(RTP.report(count: 8))
            for count in 1..<300 {
                let packet = RTP.report(count: 8 + 4 * (count % 90))
                let sealed = sealer.sealControl(packet)
                #expect(sealed == theirs.sealControl(packet))
                #expect(reader.openControl(sealed) == packet)
                #expect(try opener.openControl(sealed) == packet)
            }
        }
    }
}
