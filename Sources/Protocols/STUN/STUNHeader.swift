// SPDX-License-Identifier: Apache-2.0

/// What a message is about. RFC 8489 §18.2, RFC 8656 §17, RFC 6062 §6.1.
public struct STUNMethod: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// 8 of the 12 bits there are: with more, a message would look like another protocol's. RFC 7983 §4.
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue & 0xFF }

    public static let binding = STUNMethod(rawValue: 0x001)
    public static let allocate = STUNMethod(rawValue: 0x003)
    public static let refresh = STUNMethod(rawValue: 0x004)
    public static let send = STUNMethod(rawValue: 0x006)
    public static let data = STUNMethod(rawValue: 0x007)
    public static let createPermission = STUNMethod(rawValue: 0x008)
    public static let channelBind = STUNMethod(rawValue: 0x009)
    public static let connect = STUNMethod(rawValue: 0x00A)
    public static let connectionBind = STUNMethod(rawValue: 0x00B)
    public static let connectionAttempt = STUNMethod(rawValue: 0x00C)
}

/// Whether a message asks, tells or answers. RFC 8489 §5.
public enum STUNClass: UInt8, Hashable, Sendable, BitwiseCopyable {
    case request = 0
    case indication = 1
    case success = 2
    case error = 3
}

/// 96 bits that pair an answer with its request. RFC 8489 §5.
public struct STUNTransactionID: Hashable, Sendable, BitwiseCopyable {
    /// The first 32 bits.
    public let high: UInt32
    /// The other 64.
    public let low: UInt64

    public init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// From 12 random bytes; `nil` for another number of them.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 12 else { return nil }
        high = bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        low = bytes.dropFirst(4).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The 20 bytes that every message begins with. RFC 8489 §5.
///
/// ```
///  0                   1                   2                   3
/// |0 0|     STUN Message Type     |         Message Length        |
/// |                         Magic Cookie                          |
/// |                     Transaction ID (96 bits)                  |
/// ```
public struct STUNHeader: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of a header.
    public static let size = 20
    public static let magicCookie: UInt32 = 0x2112_A442

    public var method: STUNMethod
    public var messageClass: STUNClass
    /// Bytes behind the header, a multiple of four.
    public var length: Int
    public var transactionID: STUNTransactionID

    public init(
        _ method: STUNMethod, _ messageClass: STUNClass, length: Int = 0, id transactionID: STUNTransactionID
    ) {
        self.method = method
        self.messageClass = messageClass
        self.length = length
        self.transactionID = transactionID
    }

    /// Reads the header at the front of `bytes`; `nil` when it is not one, and for messages without the magic
    /// cookie: those are RFC 3489's, which nobody sends any more but those who look for reflectors.
    @unsafe public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.size else { return nil }
        let type = unsafe bytes.u16(at: 0)
        let length = unsafe bytes.u16(at: 2)
        guard type < 0x400, length & 3 == 0, unsafe bytes.u32(at: 4) == Self.magicCookie else { return nil }
        method = STUNMethod(rawValue: type & 0xF | type >> 1 & 0x70 | type >> 2 & 0x80)
        // Two bits always are one of the four classes.
        messageClass = STUNClass(rawValue: UInt8(type >> 4 & 1 | type >> 7 & 2)) ?? .request
        self.length = Int(length)
        transactionID = unsafe STUNTransactionID(high: bytes.u32(at: 8), low: bytes.u64(at: 12))
    }

    /// Method and class as the first 16 bits of a message: M11…M7 C1 M6…M4 C0 M3…M0.
    public var type: UInt16 {
        let method = method.rawValue
        let bits = UInt16(messageClass.rawValue)
        return method & 0xF | (method & 0x70) << 1 | (method & 0x80) << 2 | (bits & 1) << 4 | (bits & 2) << 7
    }
}
