// SPDX-License-Identifier: Apache-2.0

/// What a packet of H.264 carries: one unit, several, or a part of one. RFC 6184 §5.
public struct H264Payload: Hashable, Sendable, BitwiseCopyable {
    /// A picture that needs no other, or the parameters in front of one.
    public private(set) var isKeyframe = false
    /// The packet has the first bytes of each unit in it.
    public private(set) var startsUnit = false
    /// No other picture needs any unit of the packet: nal_ref_idc is 0.
    public private(set) var isDiscardable = true
    /// From a sequence parameter set in the packet; 0 for unknown.
    public private(set) var width: UInt16 = 0
    public private(set) var height: UInt16 = 0

    private static let idr: UInt8 = 5
    private static let sequenceParameters: UInt8 = 7

    /// - Returns: `nil` for a packet that breaks the format or has a type that nobody negotiates (STAP-B, MTAP, FU-B).
    @unsafe public init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count >= 1 else { return nil }
        let first = unsafe payload[0]
        switch first & 0x1F {
        case 1...23:
            unsafe take(payload)
            startsUnit = true
        case 24:
            guard unsafe takeAggregate(payload) else { return nil }
            startsUnit = true
        case 28:
            guard payload.count >= 2 else { return nil }
            let header = unsafe payload[1]
            isDiscardable = first & 0x60 == 0
            startsUnit = header & 0x80 != 0
            let type = header & 0x1F
            isKeyframe = startsUnit && (type == Self.idr || type == Self.sequenceParameters)
        default: return nil
        }
    }

    private mutating func take(_ unit: UnsafeRawBufferPointer) {
        guard let first = unsafe unit.first else { return }
        if first & 0x60 != 0 { isDiscardable = false }
        let type = first & 0x1F
        if type == Self.idr || type == Self.sequenceParameters { isKeyframe = true }
        if type == Self.sequenceParameters, let size = unsafe H264SequenceParameters(unit) {
            width = UInt16(clamping: size.width)
            height = UInt16(clamping: size.height)
        }
    }

    /// STAP-A: units behind their lengths. RFC 6184 §5.7.1.
    private mutating func takeAggregate(_ payload: UnsafeRawBufferPointer) -> Bool {
        var offset = 1
        guard payload.count > 3 else { return false }
        while offset < payload.count {
            guard offset + 2 <= payload.count else { return false }
            let count = unsafe Int(payload.u16(at: offset))
            offset += 2
            guard count > 0, offset + count <= payload.count else { return false }
            unsafe take(payload.part(offset..<offset + count))
            offset += count
        }
        return true
    }

    /// Where a frame begins is not told; the forwarder compares timestamps.
    public func facts(marker: Bool) -> FrameFacts {
        var facts = FrameFacts()
        facts.isKeyframe = isKeyframe
        facts.startsFrame = startsUnit
        facts.endsFrame = marker
        facts.isSwitchPoint = true
        facts.isDiscardable = isDiscardable
        facts.usesEarlierPictures = !isKeyframe
        facts.width = width
        facts.height = height
        return facts
    }
}

/// The size of the pictures that a sequence parameter set announces. H.264 §7.3.2.1.1.
struct H264SequenceParameters {
    private(set) var width = 0
    private(set) var height = 0

    private static let highProfiles: [UInt32] = [
        100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
    ]

    /// - Parameter unit: From the byte with its type.
    @unsafe init?(_ unit: UnsafeRawBufferPointer) {
        guard unit.count >= 5 else { return nil }
        var reader = unsafe BitReader(unit, hasEmulationPrevention: true)
        reader.skip(8)
        let profile = reader.bits(8)
        reader.skip(16)
        _ = reader.unsignedGolomb()
        var chromaFormat: UInt32 = 1
        if Self.highProfiles.contains(profile) {
            chromaFormat = reader.unsignedGolomb()
            if chromaFormat == 3 { reader.skip(1) }
            _ = reader.unsignedGolomb()
            _ = reader.unsignedGolomb()
            reader.skip(1)
            if reader.bit() { Self.skipScaling(&reader, lists: chromaFormat == 3 ? 12 : 8) }
        }
        _ = reader.unsignedGolomb()
        guard Self.skipPictureOrder(&reader) else { return nil }
        _ = reader.unsignedGolomb()
        reader.skip(1)
        let blocks = (Int(reader.unsignedGolomb()) + 1, Int(reader.unsignedGolomb()) + 1)
        let framesOnly = reader.bit()
        if !framesOnly { reader.skip(1) }
        reader.skip(1)
        var crop = (left: 0, right: 0, top: 0, bottom: 0)
        if reader.bit() {
            crop.left = Int(reader.unsignedGolomb())
            crop.right = Int(reader.unsignedGolomb())
            crop.top = Int(reader.unsignedGolomb())
            crop.bottom = Int(reader.unsignedGolomb())
        }
        guard !reader.isOverrun, chromaFormat <= 3 else { return nil }
        let fields = framesOnly ? 1 : 2
        let unitX = chromaFormat == 1 || chromaFormat == 2 ? 2 : 1
        let unitY = (chromaFormat == 1 ? 2 : 1) * fields
        // All of these are below 2³³.
        width = blocks.0 * 16 - (crop.left + crop.right) * unitX
        height = blocks.1 * 16 * fields - (crop.top + crop.bottom) * unitY
        guard width > 0, height > 0, width <= 0xFFFF, height <= 0xFFFF else { return nil }
    }

    private static func skipScaling(_ reader: inout BitReader, lists: Int) {
        for list in 0..<lists where reader.bit() {
            var last: Int32 = 8
            var next: Int32 = 8
            for _ in 0..<(list < 6 ? 16 : 64) {
                if next != 0 { next = (last &+ reader.signedGolomb() &+ 256) & 255 }
                if next != 0 { last = next }
            }
        }
    }

    /// - Returns: Whether it has a form that exists.
    private static func skipPictureOrder(_ reader: inout BitReader) -> Bool {
        switch reader.unsignedGolomb() {
        case 0: _ = reader.unsignedGolomb()
        case 1:
            reader.skip(1)
            _ = reader.signedGolomb()
            _ = reader.signedGolomb()
            let count = reader.unsignedGolomb()
            guard count <= 255 else { return false }
            for _ in 0..<count { _ = reader.signedGolomb() }
        case 2: break
        default: return false
        }
        return true
    }
}
