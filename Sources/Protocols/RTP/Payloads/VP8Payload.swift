// SPDX-License-Identifier: Apache-2.0

/// The descriptor in front of a packet of VP8, and what a keyframe's header tells. RFC 7741 §4.2, §4.3.
///
/// ```
///      0 1 2 3 4 5 6 7
///     |X|R|N|S|R| PID |
/// X:  |I|L|T|K| RSV   |
/// I:  |M| PictureID   | and 8 more bits with M
/// L:  |   TL0PICIDX   |
/// T/K:|TID|Y| KEYIDX  |
/// ```
public struct VP8Payload: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of the descriptor.
    public private(set) var descriptorCount = 1
    public private(set) var isNonReference = false
    public private(set) var startsPartition = false
    public private(set) var partition: UInt8 = 0
    public private(set) var isKeyframe = false
    public private(set) var pictureID: UInt16 = 0
    /// 7 or 15; 0 for none.
    public private(set) var pictureIDBits: UInt8 = 0
    public private(set) var pictureIDOffset = 0
    public private(set) var tl0: UInt8 = 0
    public private(set) var tl0Offset = 0
    public private(set) var hasTemporal = false
    public private(set) var temporal: UInt8 = 0
    public private(set) var isLayerSync = false
    public private(set) var keyIndex: UInt8 = 0
    public private(set) var width: UInt16 = 0
    public private(set) var height: UInt16 = 0

    /// - Returns: `nil` for a descriptor that ends behind the payload.
    @unsafe public init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count >= 1 else { return nil }
        let first = unsafe payload[0]
        isNonReference = first & 0x20 != 0
        startsPartition = first & 0x10 != 0
        partition = first & 0x07
        if first & 0x80 != 0 {
            guard unsafe readExtensions(payload) else { return nil }
        }
        // A descriptor alone is a frame that was dropped in the middle: it has no bytes of its own.
        guard startsPartition, partition == 0, payload.count > descriptorCount else { return }
        isKeyframe = unsafe payload[descriptorCount] & 0x01 == 0
        guard isKeyframe, payload.count >= descriptorCount + 10,
            unsafe payload.u24(at: descriptorCount + 3) == 0x9D012A
        else { return }
        // Little-endian, with two bits of scale on top. RFC 6386 §9.1.
        width = unsafe UInt16(littleEndianAt: descriptorCount + 6, in: payload) & 0x3FFF
        height = unsafe UInt16(littleEndianAt: descriptorCount + 8, in: payload) & 0x3FFF
    }

    private mutating func readExtensions(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.count >= 2 else { return false }
        let flags = unsafe payload[1]
        var end = 2
        if flags & 0x80 != 0 {
            guard payload.count > end else { return false }
            pictureIDOffset = end
            if unsafe payload[end] & 0x80 != 0 {
                guard payload.count > end + 1 else { return false }
                pictureID = unsafe payload.u16(at: end) & 0x7FFF
                pictureIDBits = 15
                end += 2
            } else {
                pictureID = unsafe UInt16(payload[end])
                pictureIDBits = 7
                end += 1
            }
        }
        if flags & 0x40 != 0 {
            guard payload.count > end else { return false }
            tl0Offset = end
            tl0 = unsafe payload[end]
            end += 1
        }
        if flags & 0x30 != 0 {
            guard payload.count > end else { return false }
            let last = unsafe payload[end]
            if flags & 0x20 != 0 {
                hasTemporal = true
                temporal = last >> 6
                isLayerSync = last & 0x20 != 0
            }
            if flags & 0x10 != 0 { keyIndex = last & 0x1F }
            end += 1
        }
        descriptorCount = end
        return true
    }

    public func facts(marker: Bool) -> FrameFacts {
        var facts = FrameFacts()
        facts.isKeyframe = isKeyframe
        facts.startsFrame = startsPartition && partition == 0
        facts.endsFrame = marker
        facts.isDiscardable = isNonReference
        facts.temporal = hasTemporal ? temporal : 0
        facts.isSwitchPoint = isKeyframe || facts.temporal == 0 || isLayerSync
        facts.usesEarlierPictures = !isKeyframe
        facts.width = width
        facts.height = height
        facts.descriptorCount = UInt8(descriptorCount)
        facts.pictureIDOffset = UInt8(pictureIDOffset)
        facts.pictureIDBits = pictureIDBits
        facts.pictureID = pictureID
        facts.tl0Offset = UInt8(tl0Offset)
        facts.tl0 = tl0
        return facts
    }
}

extension UInt16 {
    /// Whoever calls this has compared the offset with the count before.
    init(littleEndianAt offset: Int, in bytes: UnsafeRawBufferPointer) {
        self = unsafe UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
}
