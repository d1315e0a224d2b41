// SPDX-License-Identifier: Apache-2.0

/// The descriptor in front of a packet of VP9. RFC 9628 §4.2.
///
/// ```
///      0 1 2 3 4 5 6 7
///     |I|P|L|F|B|E|V|Z|
/// I:  |M| PICTURE ID  | and 8 more bits with M
/// L:  | TID |U| SID |D|
///     |   TL0PICIDX   | without F
/// P,F:| P_DIFF      |N| up to three
/// V:  | SS, the scalability structure
/// ```
public struct VP9Payload: Hashable, Sendable, BitwiseCopyable {
    /// Bytes of the descriptor.
    public private(set) var descriptorCount = 1
    /// P: this frame needs earlier ones of its layer.
    public private(set) var isInterPicture = false
    /// F: references are told one by one.
    public private(set) var isFlexible = false
    public private(set) var startsFrame = false
    public private(set) var endsFrame = false
    /// Z: higher spatial layers do not need this frame.
    public private(set) var isUnusedAbove = false
    public private(set) var pictureID: UInt16 = 0
    /// 7 or 15; 0 for none.
    public private(set) var pictureIDBits: UInt8 = 0
    public private(set) var pictureIDOffset = 0
    public private(set) var hasLayers = false
    public private(set) var temporal: UInt8 = 0
    /// U: from here on, higher temporal layers need nothing before.
    public private(set) var isSwitchPoint = false
    public private(set) var spatial: UInt8 = 0
    /// D: this frame needs the lower spatial layer of its picture.
    public private(set) var isInterLayer = false
    public private(set) var tl0: UInt8 = 0
    public private(set) var tl0Offset = 0
    /// V: the descriptor has a scalability structure.
    public private(set) var hasStructure = false
    /// Of that structure; 0 without one.
    public private(set) var spatialLayers: UInt8 = 0
    /// Of the structure's highest layer; 0 for unknown.
    public private(set) var width: UInt16 = 0
    public private(set) var height: UInt16 = 0

    /// - Returns: `nil` for a descriptor that ends behind the payload or has more references than there may be.
    @unsafe public init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count >= 1 else { return nil }
        let flags = unsafe payload[0]
        isInterPicture = flags & 0x40 != 0
        isFlexible = flags & 0x10 != 0
        startsFrame = flags & 0x08 != 0
        endsFrame = flags & 0x04 != 0
        isUnusedAbove = flags & 0x01 != 0
        var end = 1
        guard unsafe readPictureID(payload, flags, &end), unsafe readLayers(payload, flags, &end),
            unsafe readReferences(payload, flags, &end)
        else { return nil }
        if flags & 0x02 != 0 {
            guard unsafe readStructure(payload, &end) else { return nil }
        }
        guard end <= 255 else { return nil }
        descriptorCount = end
    }

    private mutating func readPictureID(
        _ payload: UnsafeRawBufferPointer, _ flags: UInt8, _ end: inout Int
    ) -> Bool {
        guard flags & 0x80 != 0 else { return true }
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
        return true
    }

    private mutating func readLayers(
        _ payload: UnsafeRawBufferPointer, _ flags: UInt8, _ end: inout Int
    ) -> Bool {
        guard flags & 0x20 != 0 else { return true }
        guard payload.count > end else { return false }
        let layers = unsafe payload[end]
        hasLayers = true
        temporal = layers >> 5
        isSwitchPoint = layers & 0x10 != 0
        spatial = layers >> 1 & 0x07
        isInterLayer = layers & 0x01 != 0
        end += 1
        guard !isFlexible else { return true }
        guard payload.count > end else { return false }
        tl0Offset = end
        tl0 = unsafe payload[end]
        end += 1
        return true
    }

    private mutating func readReferences(
        _ payload: UnsafeRawBufferPointer, _ flags: UInt8, _ end: inout Int
    ) -> Bool {
        guard isFlexible, isInterPicture else { return true }
        for _ in 0..<3 {
            guard payload.count > end else { return false }
            let reference = unsafe payload[end]
            end += 1
            if reference & 0x01 == 0 { return true }
        }
        return false
    }

    /// N_S, sizes, and groups of pictures. RFC 9628 §4.2.1.
    private mutating func readStructure(_ payload: UnsafeRawBufferPointer, _ end: inout Int) -> Bool {
        guard payload.count > end else { return false }
        let head = unsafe payload[end]
        hasStructure = true
        spatialLayers = (head >> 5) + 1
        end += 1
        if head & 0x10 != 0 {
            for _ in 0..<Int(spatialLayers) {
                guard payload.count >= end + 4 else { return false }
                width = unsafe payload.u16(at: end)
                height = unsafe payload.u16(at: end + 2)
                end += 4
            }
        }
        guard head & 0x08 != 0 else { return true }
        guard payload.count > end else { return false }
        let pictures = unsafe Int(payload[end])
        end += 1
        for _ in 0..<pictures {
            guard payload.count > end else { return false }
            let references = unsafe Int(payload[end] >> 2 & 0x03)
            end += 1 + references
        }
        return end <= payload.count
    }

    public func facts(marker: Bool) -> FrameFacts {
        var facts = FrameFacts()
        facts.isKeyframe = !isInterPicture && startsFrame && spatial == 0 && !isInterLayer
        facts.startsFrame = startsFrame
        facts.endsFrame = endsFrame || marker
        facts.spatial = spatial
        facts.temporal = temporal
        facts.isSwitchPoint = !isInterPicture || isSwitchPoint || temporal == 0
        facts.isUnusedAbove = isUnusedAbove
        facts.usesLowerSpatial = isInterLayer
        facts.usesEarlierPictures = isInterPicture
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
