// SPDX-License-Identifier: Apache-2.0

import CLibSRTP
import Glibc
import PacketCiphers
import SRTP

// A payload lies in a cache and is sealed behind a header into a send arena, as the forwarder does it; libsrtp has
// to be given a copy, which its figures contain. Opening is from a socket's memory into a cache.

let payloads = [80, 1_100]
let slots = 64

for profile in SRTPProfile.allCases {
    for payload in payloads {
        for library in FastestCiphers.Library.allCases {
            guard profile.transform == .gcm || library == .openSSL else { continue }
            guard let ciphers = FastestCiphers(only: library) else { continue }
            for keys in [1, 1_000] {
                measureSealing(profile, payload: payload, keys: keys, ciphers: ciphers)
            }
            measureOpening(profile, payload: payload, ciphers: ciphers)
        }
        measureReference(profile, payload: payload)
    }
}

func keys(_ profile: SRTPProfile, _ number: Int) -> SRTPKeys {
    let exported = (0..<profile.keyingMaterialCount).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number) }
    guard let keys = SRTPKeys(profile, exported: exported, isClient: true) else { fatalError("no keys") }
    return keys
}

func header(_ sequence: UInt16, at place: UnsafeMutableRawPointer) {
    unsafe place.storeBytes(of: UInt32(0x8060_0000 | UInt32(sequence)).bigEndian, as: UInt32.self)
    unsafe place.storeBytes(of: UInt32(1234).bigEndian, toByteOffset: 4, as: UInt32.self)
    unsafe place.storeBytes(of: UInt32(0xCAFE).bigEndian, toByteOffset: 8, as: UInt32.self)
}

/// Sealers in plain memory: an array of values that cannot be copied does not exist.
func measureSealing(_ profile: SRTPProfile, payload: Int, keys count: Int, ciphers: FastestCiphers) {
    let sealers = UnsafeMutablePointer<SRTPSealer<FastestCiphers>>.allocate(capacity: count)
    for number in 0..<count {
        guard let sealer = try? SRTPSealer(keys(profile, number).sending, ciphers: ciphers) else { return }
        unsafe (sealers + number).initialize(to: sealer)
    }
    let cache = UnsafeMutableRawPointer.allocate(byteCount: slots * 2_048, alignment: 64)
    unsafe memset(cache, 3, slots * 2_048)
    let arena = UnsafeMutableRawPointer.allocate(byteCount: slots * 1_280, alignment: 64)
    var packet = 0
    measure("seal \(payload) bytes, \(profile), \(ciphers.description), \(count) keys") {
        packet &+= 1
        let place = unsafe arena + (packet & (slots - 1)) * 1_280
        unsafe header(UInt16(truncatingIfNeeded: packet), at: place)
        return unsafe sealers[packet % count].seal(
            place, headerCount: 12,
            payload: UnsafeRawBufferPointer(start: cache + (packet & (slots - 1)) * 2_048, count: payload),
            rollover: UInt32(truncatingIfNeeded: packet >> 16))
    }
    unsafe sealers.deinitialize(count: count)
    unsafe sealers.deallocate()
    unsafe cache.deallocate()
    unsafe arena.deallocate()
}

/// A thousand packets, opened by openers that have not seen them; making an opener is part of it then.
func measureOpening(_ profile: SRTPProfile, payload: Int, ciphers: FastestCiphers) {
    let count = 4_000
    let size = 12 + payload + profile.tagCount
    let packets = UnsafeMutableRawPointer.allocate(byteCount: count * 1_280, alignment: 64)
    let room = UnsafeMutableRawPointer.allocate(byteCount: 2_048, alignment: 64)
    let clear = [UInt8](repeating: 9, count: payload)
    guard let sealer = try? SRTPSealer(keys(profile, 0).sending, ciphers: ciphers) else { return }
    for number in 0..<count {
        let place = unsafe packets + number * 1_280
        unsafe header(UInt16(number), at: place)
        _ = unsafe clear.withUnsafeBytes {
            unsafe sealer.seal(place, headerCount: 12, payload: $0, rollover: 0)
        }
    }
    measure("open \(count) of \(payload) bytes, \(profile), \(ciphers.description)") {
        guard var opener = try? SRTPOpener(keys(profile, 0).sending, ciphers: ciphers) else { return 0 }
        var opened = 0
        for number in 0..<count {
            let packet = unsafe UnsafeRawBufferPointer(start: packets + number * 1_280, count: size)
            if unsafe (try? opener.open(packet, headerCount: 12, into: room)) != nil { opened += 1 }
        }
        return opened == count ? count : 0
    }
    unsafe packets.deallocate()
    unsafe room.deallocate()
}

func measureReference(_ profile: SRTPProfile, payload: Int) {
    var secret = [UInt8](repeating: 5, count: profile.keyCount + profile.saltCount)
    guard let session = unsafe parley_srtp_open(Int32(profile.rawValue), &secret, 1) else { return }
    let cache = UnsafeMutableRawPointer.allocate(byteCount: slots * 2_048, alignment: 64)
    unsafe memset(cache, 3, slots * 2_048)
    let arena = UnsafeMutableRawPointer.allocate(byteCount: slots * 1_280, alignment: 64)
    var packet = 0
    measure("seal \(payload) bytes, \(profile), libsrtp") {
        packet &+= 1
        let place = unsafe arena + (packet & (slots - 1)) * 1_280
        unsafe header(UInt16(truncatingIfNeeded: packet), at: place)
        unsafe memcpy(place + 12, cache + (packet & (slots - 1)) * 2_048, payload)
        return unsafe Int(parley_srtp_protect(session, place, Int32(12 + payload)))
    }
    unsafe parley_srtp_close(session)
    unsafe cache.deallocate()
    unsafe arena.deallocate()
}
