// SPDX-License-Identifier: Apache-2.0

/// The kinds of chunks that are understood. RFC 9260 §3.2, RFC 3758, RFC 6525.
enum SCTPChunkType {
    static let data: UInt8 = 0
    static let initiation: UInt8 = 1
    static let initiationAck: UInt8 = 2
    static let sack: UInt8 = 3
    static let heartbeat: UInt8 = 4
    static let heartbeatAck: UInt8 = 5
    static let abort: UInt8 = 6
    static let shutdown: UInt8 = 7
    static let shutdownAck: UInt8 = 8
    static let error: UInt8 = 9
    static let cookieEcho: UInt8 = 10
    static let cookieAck: UInt8 = 11
    static let shutdownComplete: UInt8 = 14
    static let reconfiguration: UInt8 = 130
    static let forwardTSN: UInt8 = 192
}

/// One chunk of a packet. RFC 9260 §3.2.
struct SCTPChunk {
    let type: UInt8
    let flags: UInt8
    /// Behind the four bytes of its header, without padding.
    let value: ArraySlice<UInt8>
}

/// A packet taken apart. RFC 9260 §3.
struct SCTPPacket {
    let sourcePort: UInt16
    let destinationPort: UInt16
    let tag: UInt32
    let chunks: [SCTPChunk]

    static let headerSize = 12
    /// More chunks than that are in no packet of ours or of anybody's.
    private static let maxChunks = 64

    /// `nil` for what is cut off, has a wrong checksum, or holds a chunk that ends outside.
    init?(_ bytes: [UInt8]) {
        let all = bytes[...]
        guard bytes.count >= Self.headerSize, bytes.count <= 0xFFFF else { return nil }
        // The one number of the protocol with its lowest byte first.
        guard all.u32(8).byteSwapped == SCTPChecksum.of(bytes) else { return nil }
        sourcePort = all.u16(0)
        destinationPort = all.u16(2)
        tag = all.u32(4)
        var chunks: [SCTPChunk] = []
        var offset = Self.headerSize
        while offset + 4 <= bytes.count {
            let length = Int(all.u16(offset + 2))
            guard length >= 4, offset + length <= bytes.count, chunks.count < Self.maxChunks else {
                return nil
            }
            chunks.append(
                SCTPChunk(
                    type: bytes[offset], flags: bytes[offset + 1], value: all[offset + 4..<offset + length]))
            offset += (length + 3) & ~3
        }
        self.chunks = chunks
    }
}

/// Puts chunks together to packets no longer than a path carries.
struct SCTPPacketWriter {
    private(set) var bytes: [UInt8] = []

    init(source: UInt16, destination: UInt16, tag: UInt32) {
        bytes.reserveCapacity(256)
        bytes.append16(source)
        bytes.append16(destination)
        bytes.append32(tag)
        bytes.append32(0)
    }

    var count: Int { bytes.count }
    var isEmpty: Bool { bytes.count == SCTPPacket.headerSize }

    mutating func append(_ type: UInt8, flags: UInt8 = 0, _ value: some Collection<UInt8>) {
        bytes.append(type)
        bytes.append(flags)
        bytes.append16(UInt16(truncatingIfNeeded: value.count + 4))
        bytes.append(contentsOf: value)
        while bytes.count & 3 != 0 { bytes.append(0) }
    }

    consuming func finish() -> [UInt8] {
        let sum = SCTPChecksum.of(bytes)
        for index in 0..<4 { bytes[8 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
        return bytes
    }
}

/// A parameter of INIT and RE-CONFIG: a type, a length, a value. RFC 9260 §3.2.1.
struct SCTPParameters: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> (type: UInt16, value: ArraySlice<UInt8>)? {
        let length = Int(rest.u16(2))
        guard rest.count >= 4, length >= 4, length <= rest.count else { return nil }
        let type = rest.u16(0)
        let value = rest[rest.startIndex + 4..<rest.startIndex + length]
        rest = rest.dropFirst((length + 3) & ~3)
        return (type, value)
    }

    static func write(_ type: UInt16, _ value: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append16(type)
        bytes.append16(UInt16(truncatingIfNeeded: value.count + 4))
        bytes.append(contentsOf: value)
        while bytes.count & 3 != 0 { bytes.append(0) }
    }
}
