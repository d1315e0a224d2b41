// SPDX-License-Identifier: Apache-2.0

/// One item of a source description. RFC 3550 §6.5.
public struct SourceItem: Hashable, Sendable, BitwiseCopyable {
    public static let cname: UInt8 = 1

    public let ssrc: UInt32
    public let type: UInt8
    /// Bytes from the start of the packet to the text, which is UTF-8 if its sender is right.
    public let start: Int
    public let count: Int
}

extension RTCPPacket {
    /// How far a walk over a source description's items has come.
    public struct ItemCursor: Sendable, BitwiseCopyable {
        fileprivate var offset = 4
        fileprivate var chunks = 0
        fileprivate var ssrc: UInt32?

        public init() {}
    }

    /// The next item of a source description; `nil` behind the last, and from the first that does not fit.
    public func next(_ cursor: inout ItemCursor) -> SourceItem? {
        guard kind == .sourceDescription else { return nil }
        while true {
            guard let ssrc = cursor.ssrc else {
                guard cursor.chunks < count, unsafe cursor.offset + 8 <= bytes.count else { return nil }
                cursor.ssrc = unsafe bytes.u32(at: cursor.offset)
                cursor.offset += 4
                cursor.chunks += 1
                continue
            }
            guard unsafe cursor.offset < bytes.count else { return nil }
            let type = unsafe bytes[cursor.offset]
            if type == 0 {
                // A chunk ends with one zero or more, up to the next boundary.
                cursor.offset = cursor.offset / 4 * 4 + 4
                cursor.ssrc = nil
                continue
            }
            let start = cursor.offset + 2
            guard unsafe start <= bytes.count else { return nil }
            let length = unsafe Int(bytes[cursor.offset + 1])
            guard unsafe start + length <= bytes.count else { return nil }
            cursor.offset = start + length
            return SourceItem(ssrc: ssrc, type: type, start: start, count: length)
        }
    }

    /// The bytes of an item's text.
    public func text(of item: SourceItem) -> [UInt8] {
        guard item.start >= 0, item.count >= 0, unsafe item.start + item.count <= bytes.count else {
            return []
        }
        return unsafe Array(bytes[item.start..<item.start + item.count])
    }

    /// How many sources a goodbye names. RFC 3550 §6.6.
    public var goodbyeCount: Int {
        guard kind == .goodbye else { return 0 }
        return unsafe min(count, (bytes.count - 4) / 4)
    }

    /// A source that leaves; `nil` from ``goodbyeCount`` on.
    public func goodbye(_ index: Int) -> UInt32? {
        guard index >= 0, index < goodbyeCount else { return nil }
        return unsafe bytes.u32(at: 4 + index * 4)
    }
}
