// SPDX-License-Identifier: Apache-2.0

/// Protects the packets that one connection sends.
///
/// It knows no streams: who sends keeps the sequence numbers of each with their rollover count anyway, so any
/// number of SSRCs costs nothing here.
public struct SRTPSealer<Ciphers: SRTPCiphers>: ~Copyable {
    private let ciphers: Ciphers
    private let transform: SRTPProfile.Transform
    public let profile: SRTPProfile
    private let media: Ciphers.Key
    private let mediaSalt: SRTPBlock
    private let control: Ciphers.Key
    private let controlSalt: SRTPBlock
    /// The index of the next RTCP packet: one count for all SSRCs, each of which then sees it grow.
    var controlIndex: UInt32 = 0

    /// Derives the keys.
    public init(_ master: SRTPMasterKey, ciphers: Ciphers) throws(SRTPKeyFailure) {
        let (media, control) = try master.sessionKeys(sealing: true, by: ciphers)
        self.init(master.profile, media: media, control: control, ciphers: ciphers)
    }

    init(
        _ profile: SRTPProfile, media: SessionKey<Ciphers>, control: SessionKey<Ciphers>, ciphers: Ciphers
    ) {
        self.ciphers = ciphers
        self.profile = profile
        transform = profile.transform
        (self.media, mediaSalt) = (media.cipher, media.salt)
        (self.control, controlSalt) = (control.cipher, control.salt)
    }

    deinit {
        ciphers.release(media)
        ciphers.release(control)
    }

    /// Seals an RTP packet whose header already stands at `packet`.
    ///
    /// The same SSRC, sequence number and rollover count must never be sealed twice with different bytes: with GCM
    /// that gives the key of its tags away. A repeat is sent as the bytes that it was the first time, or as RTX.
    ///
    /// - Parameters:
    ///   - packet: The header, then room for the payload and ``SRTPProfile/tagCount`` bytes.
    ///   - headerCount: Bytes of the header with its sources and extension, 12 or more.
    ///   - payload: What to encrypt: elsewhere, or already in its place behind the header.
    ///   - rollover: How often the sequence number of this SSRC has wrapped.
    /// - Returns: Bytes of the sealed packet; 0 when the cipher failed.
    @unsafe @inline(__always)
    public func seal(
        _ packet: UnsafeMutableRawPointer, headerCount: Int, payload: UnsafeRawBufferPointer, rollover: UInt32
    ) -> Int {
        let sequence = unsafe UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        let ssrc = unsafe UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        let index = UInt64(rollover) &<< 16 | UInt64(sequence)
        let destination = unsafe packet + headerCount
        let isSealed = unsafe ciphers.seal(
            media, mediaSalt.block(transform, ssrc: ssrc, index: index),
            associated: UnsafeRawBufferPointer(start: packet, count: headerCount), source: payload,
            into: destination, trailer: rollover, tag: destination + payload.count)
        return isSealed ? headerCount &+ payload.count &+ profile.tagCount : 0
    }

    /// Seals a compound RTCP packet. RFC 3711 §3.4, RFC 7714 §9.
    ///
    /// - Parameters:
    ///   - packet: 8 bytes or more.
    ///   - destination: Room for the packet and ``SRTPProfile/controlOverhead``; it may be the packet's own place.
    /// - Returns: Bytes of the sealed packet; 0 when it is too short, or the key is used up after 2^31 packets.
    @unsafe public mutating func sealControl(
        _ packet: UnsafeRawBufferPointer, into destination: UnsafeMutableRawPointer
    ) -> Int {
        guard let start = packet.baseAddress, packet.count >= 8, controlIndex < 1 << 31 else { return 0 }
        let index = controlIndex
        controlIndex += 1
        let ssrc = unsafe UInt32(bigEndian: start.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let word = 1 << 31 | index
        unsafe destination.copyMemory(from: start, byteCount: 8)
        let body = unsafe UnsafeRawBufferPointer(start: start + 8, count: packet.count - 8)
        let end = unsafe destination + packet.count
        let isGCM = transform == .gcm
        let wordPlace = unsafe isGCM ? end + profile.tagCount : end
        let tagPlace = unsafe isGCM ? end : end + 4
        var associated = ControlHeader(unsafe destination.loadUnaligned(as: UInt64.self), word.bigEndian)
        let block = controlSalt.block(transform, ssrc: ssrc, index: UInt64(index))
        let isSealed = unsafe associated.withBytes(isGCM) {
            unsafe ciphers.seal(
                control, block, associated: $0, source: body, into: destination + 8, trailer: word,
                tag: tagPlace)
        }
        unsafe wordPlace.storeBytes(of: word.bigEndian, as: UInt32.self)
        return isSealed ? packet.count + profile.controlOverhead : 0
    }
}

/// What an RTCP packet shows unencrypted: its first 8 bytes and the word with its index.
struct ControlHeader {
    private var bytes: (UInt64, UInt32)

    /// - Parameters: Both as they lie in memory.
    init(_ header: UInt64, _ word: UInt32) { bytes = (header, word) }

    /// Lends what comes before the ciphertext in authentication: GCM has the index there. RFC 7714 §9.2.
    @unsafe mutating func withBytes<Value>(_ isGCM: Bool, _ body: (UnsafeRawBufferPointer) -> Value) -> Value
    {
        unsafe withUnsafeBytes(of: &bytes) {
            unsafe body(UnsafeRawBufferPointer(start: $0.baseAddress, count: isGCM ? 12 : 8))
        }
    }
}
