// SPDX-License-Identifier: Apache-2.0

/// The aggregation header in front of a packet of AV1, and what its units tell. AV1 RTP §4.4, §4.5.
///
/// ```
///      0 1 2 3 4 5 6 7
///     |Z|Y| W |N|-|-|-|
/// ```
public struct AV1Payload: Hashable, Sendable, BitwiseCopyable {
    /// Z: the packet goes on with the last unit of the one before.
    public private(set) var continuesUnit = false
    /// Y: the last unit goes on in the next packet.
    public private(set) var isContinued = false
    /// N: a new coded video sequence begins here.
    public private(set) var startsSequence = false
    /// The first units are a sequence header, which only keyframes have.
    public private(set) var isKeyframe = false
    public private(set) var spatial: UInt8 = 0
    public private(set) var temporal: UInt8 = 0
    /// Of the whole sequence, 0 for unknown.
    public private(set) var width: UInt16 = 0
    public private(set) var height: UInt16 = 0

    private static let sequenceHeader: UInt8 = 1

    /// - Returns: `nil` for a packet whose units end behind it, or which breaks another rule of §4.4.
    @unsafe public init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count >= 2 else { return nil }
        let header = unsafe payload[0]
        continuesUnit = header & 0x80 != 0
        isContinued = header & 0x40 != 0
        startsSequence = header & 0x08 != 0
        // A new sequence does not begin in the middle of a unit.
        guard !startsSequence || !continuesUnit else { return nil }
        let stated = Int(header >> 4 & 0x03)
        var offset = 1
        var index = 0
        var hasLayers = false
        while offset < payload.count {
            index += 1
            var count = payload.count - offset
            if stated == 0 || index < stated {
                guard let length = unsafe LEB128.read(payload, &offset), length <= payload.count - offset
                else {
                    return nil
                }
                count = length
            }
            if index > 1 || !continuesUnit {
                unsafe take(payload.part(offset..<offset + count), &hasLayers)
            }
            offset += count
        }
        guard stated == 0 || index == stated else { return nil }
    }

    /// Looks at the front of a unit. AV1 §5.3.
    private mutating func take(_ unit: UnsafeRawBufferPointer, _ hasLayers: inout Bool) {
        guard unit.count >= 1 else { return }
        let header = unsafe unit[0]
        var start = 1
        if header & 0x04 != 0 {
            guard unit.count >= 2 else { return }
            if !hasLayers {
                temporal = unsafe unit[1] >> 5
                spatial = unsafe unit[1] >> 3 & 0x03
                hasLayers = true
            }
            start = 2
        }
        guard header >> 3 & 0x0F == Self.sequenceHeader else { return }
        isKeyframe = true
        // Senders leave the size out, but may put it in.
        if header & 0x02 != 0 {
            guard unsafe LEB128.read(unit, &start) != nil else { return }
        }
        guard let size = unsafe AV1SequenceHeader(unit.part(start..<unit.count)) else { return }
        width = UInt16(clamping: size.width)
        height = UInt16(clamping: size.height)
    }

    /// Where frames begin and end, and of which layer they are, is told by the dependency descriptor: a packet that
    /// only goes on with a unit does not say. Without it a stream is one layer.
    public func facts(marker: Bool) -> FrameFacts {
        var facts = FrameFacts()
        facts.isKeyframe = isKeyframe
        facts.startsFrame = !continuesUnit
        facts.endsFrame = marker
        facts.isSwitchPoint = true
        facts.usesEarlierPictures = !isKeyframe
        facts.width = width
        facts.height = height
        return facts
    }
}

/// Seven bits a byte, the low ones first. AV1 §4.10.5.
enum LEB128 {
    /// The number at `offset`, which moves behind it; `nil` for one that is cut off or longer than a packet could be.
    static func read(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Int? {
        var value = 0
        for index in 0..<8 {
            guard offset < bytes.count else { return nil }
            let byte = unsafe bytes[offset]
            offset += 1
            value |= Int(byte & 0x7F) << (index * 7)
            if byte & 0x80 == 0 { return value <= Int(UInt32.max) ? value : nil }
        }
        return nil
    }
}

/// The greatest size of a sequence's frames. AV1 §5.5.
struct AV1SequenceHeader {
    let width: Int
    let height: Int

    @unsafe init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = unsafe BitReader(bytes)
        reader.skip(4)
        if reader.bit() {
            // A still picture says nothing but its level.
            reader.skip(5)
        } else {
            Self.skipOperatingPoints(&reader)
        }
        let bits = (Int(reader.bits(4)) + 1, Int(reader.bits(4)) + 1)
        width = Int(reader.bits(bits.0)) + 1
        height = Int(reader.bits(bits.1)) + 1
        guard !reader.isOverrun else { return nil }
    }

    private static func skipOperatingPoints(_ reader: inout BitReader) {
        var delayBits = 0
        var hasModel = false
        if reader.bit() {
            reader.skip(64)
            if reader.bit() { _ = reader.unsignedGolomb() }
            hasModel = reader.bit()
            if hasModel {
                delayBits = Int(reader.bits(5)) + 1
                reader.skip(32 + 5 + 5)
            }
        }
        let hasDisplayDelay = reader.bit()
        for _ in 0...reader.bits(5) {
            reader.skip(12)
            if reader.bits(5) > 7 { reader.skip(1) }
            if hasModel, reader.bit() { reader.skip(delayBits * 2 + 1) }
            if hasDisplayDelay, reader.bit() { reader.skip(4) }
        }
    }
}
