// SPDX-License-Identifier: Apache-2.0

/// Why a packet was not opened. None of them changes anything in the opener.
public enum SRTPFailure: Error, CaseIterable, Sendable {
    /// Too short, or its header says more than there is.
    case malformed
    /// Its tag is not of these bytes: forged, damaged, or of other keys.
    case forged
    /// Came before.
    case replayed
    /// Older than the window of numbers that we remember.
    case tooOld
    /// Of an unknown source, when as many as one connection may have are known.
    case tooManySources
    /// RTCP that its sender left unencrypted, which no profile of ours does.
    case unencrypted
}

/// An RTP packet that was opened.
public struct SRTPOpened: BitwiseCopyable, Sendable {
    /// Bytes of the payload, padding included.
    public var payloadCount: Int
    /// Rollover count and sequence number: the number of the packet that never wraps, 48 bits.
    public var index: UInt64

    public var rollover: UInt32 { UInt32(truncatingIfNeeded: index >> 16) }
}

/// Checks and decrypts the packets that one connection receives.
///
/// A source is remembered once a packet of it was genuine, and not before; so strangers can make it neither forget
/// nor fill up.
public struct SRTPOpener<Ciphers: SRTPCiphers>: ~Copyable {
    private let ciphers: Ciphers
    private let transform: SRTPProfile.Transform
    public let profile: SRTPProfile
    private let media: Ciphers.Key
    private let mediaSalt: SRTPBlock
    private let control: Ciphers.Key
    private let controlSalt: SRTPBlock
    private var sources: SourceTable

    /// Derives the keys.
    ///
    /// - Parameter sources: How many SSRCs the peer may use over the whole connection, less those forgotten.
    public init(
        _ master: SRTPMasterKey, ciphers: Ciphers, sources: Int = 64
    ) throws(SRTPKeyFailure) {
        let (media, control) = try master.sessionKeys(sealing: false, by: ciphers)
        self.init(master.profile, media: media, control: control, ciphers: ciphers, sources: sources)
    }

    init(
        _ profile: SRTPProfile, media: SessionKey<Ciphers>, control: SessionKey<Ciphers>, ciphers: Ciphers,
        sources: Int = 64
    ) {
        self.ciphers = ciphers
        self.profile = profile
        transform = profile.transform
        (self.media, mediaSalt) = (media.cipher, media.salt)
        (self.control, controlSalt) = (control.cipher, control.salt)
        self.sources = SourceTable(most: sources)
    }

    deinit {
        ciphers.release(media)
        ciphers.release(control)
    }

    /// How many SSRCs it remembers.
    public var sourceCount: Int { sources.count }

    /// Forgets a source that the peer has given up, so that another has room. Packets of it from before can then be
    /// replayed by whoever recorded them, so it must not be forwarded any more.
    public mutating func forget(_ ssrc: UInt32) { sources.remove(ssrc) }

    /// Opens an RTP packet; its header is the caller's to copy.
    ///
    /// - Parameters:
    ///   - headerCount: Bytes of the header with its sources and extension, as its parser said.
    ///   - destination: Room for `packet.count - headerCount` bytes: elsewhere, or the payload's own place. After a
    ///     failure its contents are nobody's.
    @unsafe public mutating func open(
        _ packet: UnsafeRawBufferPointer, headerCount: Int, into destination: UnsafeMutableRawPointer
    ) throws(SRTPFailure) -> SRTPOpened {
        guard let start = packet.baseAddress, headerCount >= 12 else { throw .malformed }
        let payloadCount = packet.count - headerCount - profile.tagCount
        guard payloadCount >= 0 else { throw .malformed }
        let sequence = unsafe UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        let ssrc = unsafe UInt32(bigEndian: start.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        let slot = sources.find(ssrc)
        let index: UInt64
        if let slot {
            index = try sources.index(of: sequence, slot)
        } else {
            guard sources.hasRoom else { throw .tooManySources }
            index = UInt64(sequence)
        }
        let payload = unsafe start + headerCount
        let isGenuine = unsafe ciphers.open(
            media, mediaSalt.block(transform, ssrc: ssrc, index: index),
            associated: UnsafeRawBufferPointer(start: start, count: headerCount),
            source: UnsafeRawBufferPointer(start: payload, count: payloadCount), into: destination,
            trailer: UInt32(truncatingIfNeeded: index &>> 16), tag: payload + payloadCount)
        guard isGenuine else { throw .forged }
        sources.note(index, slot ?? sources.add(ssrc))
        return SRTPOpened(payloadCount: payloadCount, index: index)
    }

    /// Opens a compound RTCP packet.
    ///
    /// - Parameter destination: Room for `packet.count` bytes: elsewhere, or the packet's own place. After a failure
    ///   its contents are nobody's.
    /// - Returns: Bytes of the RTCP packet.
    @unsafe public mutating func openControl(
        _ packet: UnsafeRawBufferPointer, into destination: UnsafeMutableRawPointer
    ) throws(SRTPFailure) -> Int {
        let count = packet.count - profile.controlOverhead
        guard let start = packet.baseAddress, count >= 8 else { throw .malformed }
        let isGCM = transform == .gcm
        let end = unsafe start + count
        let wordPlace = unsafe isGCM ? end + profile.tagCount : end
        let tagPlace = unsafe isGCM ? end : end + 4
        let word = unsafe UInt32(bigEndian: wordPlace.loadUnaligned(as: UInt32.self))
        guard word & 1 << 31 != 0 else { throw .unencrypted }
        let index = UInt64(word & ~(1 << 31))
        let ssrc = unsafe UInt32(bigEndian: start.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let slot = sources.find(ssrc)
        if let slot {
            try sources.checkControl(index, slot)
        } else {
            guard sources.hasRoom else { throw .tooManySources }
        }
        let header = unsafe start.loadUnaligned(as: UInt64.self)
        var associated = ControlHeader(header, word.bigEndian)
        let block = controlSalt.block(transform, ssrc: ssrc, index: index)
        let body = unsafe UnsafeRawBufferPointer(start: start + 8, count: count - 8)
        let isGenuine = unsafe associated.withBytes(isGCM) {
            unsafe ciphers.open(
                control, block, associated: $0, source: body, into: destination + 8, trailer: word,
                tag: tagPlace)
        }
        guard isGenuine else { throw .forged }
        unsafe destination.storeBytes(of: header, as: UInt64.self)
        sources.noteControl(index, slot ?? sources.add(ssrc))
        return count
    }
}
