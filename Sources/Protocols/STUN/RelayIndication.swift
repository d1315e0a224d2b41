// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// A Send or Data indication, read in one pass and without memory of its own. RFC 8656 §11.
///
/// Some browsers never bind channels, so all of their media comes in these.
public struct RelayIndication: Hashable, Sendable {
    public let peer: SocketAddress
    /// Where the data lies in the message; may be empty.
    public let payload: Range<Int>
    /// The client wants it to arrive in one piece or not at all. RFC 8656 §15.
    public let dontFragment: Bool

    /// The first 16 bits of a Send indication, what a client sends.
    public static let send = STUNHeader(.send, .indication, id: STUNTransactionID(high: 0, low: 0)).type
    /// The first 16 bits of a Data indication, what a server sends.
    public static let data = STUNHeader(.data, .indication, id: STUNTransactionID(high: 0, low: 0)).type

    /// Reads a message of the type given; `nil` for any other, and for one that must be dropped: it lacks the peer
    /// or the data, has an attribute that must be understood and is not, or a wrong fingerprint.
    @unsafe public init?(_ bytes: UnsafeRawBufferPointer, type: UInt16 = send) {
        guard bytes.count >= STUNHeader.size, unsafe bytes.u16(at: 0) == type,
            unsafe bytes.u32(at: 4) == STUNHeader.magicCookie,
            unsafe Int(bytes.u16(at: 2)) == bytes.count - STUNHeader.size, bytes.count & 3 == 0
        else { return nil }
        var peer: SocketAddress?
        var data: Range<Int>?
        var dontFragment = false
        // What follows an integrity attribute is not to be obeyed, though nobody has reason to put one here.
        var isOpen = true
        var offset = STUNHeader.size
        while offset < bytes.count {
            let code = unsafe STUNAttributeType(rawValue: bytes.u16(at: offset))
            let start = offset + 4
            let end = unsafe start + Int(bytes.u16(at: offset + 2))
            guard end <= bytes.count else { return nil }
            switch code {
            case .fingerprint:
                guard unsafe Fingerprint.isRight(bytes, at: offset) else { return nil }
            case .messageIntegrity, .messageIntegritySHA256: isOpen = false
            case _ where !isOpen: break
            case .xorPeerAddress:
                guard peer == nil else { break }
                let mask = unsafe STUNTransactionID(high: bytes.u32(at: 8), low: bytes.u64(at: 12))
                guard let address = unsafe STUNAddress.read(bytes.part(start..<end), mask) else { return nil }
                peer = address
            case .data:
                if data == nil { data = start..<end }
            case .dontFragment:
                guard end == start else { return nil }
                dontFragment = true
            default:
                guard !code.isRequired else { return nil }
            }
            offset = end + zeros(after: end)
        }
        guard let peer, let data else { return nil }
        self.peer = peer
        payload = data
        self.dontFragment = dontFragment
    }

    /// Bytes in front of the data when an indication has a peer and data only: 36 for IPv4, 48 for IPv6.
    public static func headerSize(_ peer: IPAddress) -> Int {
        STUNHeader.size + 4 + STUNAddress.size(peer) + 4
    }

    /// Whether `count` bytes of data fit into an indication: its length has 16 bits, and is a multiple of four.
    public static func fits(_ count: Int, peer: IPAddress) -> Bool {
        headerSize(peer) - STUNHeader.size + count + zeros(after: count) <= 0xFFFC
    }

    /// How many zeros follow the data. RFC 8489 §14.
    public static func padding(after count: Int) -> Int { -count & 3 }

    /// Writes all of an indication but data and padding, into the bytes in front of the data.
    /// - Parameters:
    ///   - headroom: At least ``headerSize(_:)`` bytes; the first of them are written.
    ///   - count: Bytes of data, as many as ``fits(_:peer:)`` says.
    @unsafe public static func writeHeader(
        type: UInt16 = data, peer: SocketAddress, count: Int, id: STUNTransactionID,
        into headroom: UnsafeMutableRawBufferPointer
    ) {
        let size = headerSize(peer.ip)
        guard headroom.count >= size else { return }
        let length = size - STUNHeader.size + count + zeros(after: count)
        let addressSize = STUNAddress.size(peer.ip)
        unsafe headroom.store(type, at: 0)
        unsafe headroom.store(UInt16(truncatingIfNeeded: length), at: 2)
        unsafe headroom.store(STUNHeader.magicCookie, at: 4)
        unsafe headroom.store(id.high, at: 8)
        unsafe headroom.store(id.low, at: 12)
        unsafe headroom.store(STUNAttributeType.xorPeerAddress.rawValue, at: 20)
        unsafe headroom.store(UInt16(truncatingIfNeeded: addressSize), at: 22)
        unsafe STUNAddress.write(
            peer, id, to: UnsafeMutableRawBufferPointer(rebasing: headroom[24..<24 + addressSize]))
        unsafe headroom.store(STUNAttributeType.data.rawValue, at: 24 + addressSize)
        unsafe headroom.store(UInt16(truncatingIfNeeded: count), at: 26 + addressSize)
    }
}
