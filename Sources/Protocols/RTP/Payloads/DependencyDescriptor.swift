// SPDX-License-Identifier: Apache-2.0

/// What the header extension of the same name says of a frame: its layers, and who needs it. AV1 RTP §A.
///
/// Works for every codec that sends it; with it a forwarder need not look into the payload.
public struct DependencyDescriptor: Hashable, Sendable, BitwiseCopyable {
    /// Bytes that every descriptor has.
    public static let mandatorySize = 3
    /// Where the frame number is in the extension's value: a forwarder that shifts it writes two bytes there.
    public static let frameNumberOffset = 1

    /// The frame number of a descriptor that is otherwise not looked at; 0 for one that is none.
    @unsafe public static func frameNumber(of value: UnsafeRawBufferPointer) -> UInt16 {
        value.count >= mandatorySize ? unsafe value.u16(at: frameNumberOffset) : 0
    }

    public private(set) var startsFrame = false
    public private(set) var endsFrame = false
    public private(set) var templateID: UInt8 = 0
    public private(set) var frameNumber: UInt16 = 0
    /// The extension brought a structure along, as that of a keyframe's first packet does.
    public private(set) var hasStructure = false
    /// The decode targets that the sender makes at present, a bit each; `nil` where nothing is said.
    public private(set) var activeTargets: UInt32?
    public private(set) var spatial: UInt8 = 0
    public private(set) var temporal: UInt8 = 0
    /// Two bits for each decode target, the first in the lowest ones.
    public private(set) var indications: UInt64 = 0
    /// How many frames ago each frame was that this one needs; 0 behind the last.
    public private(set) var frameDifferences = SIMD8<UInt16>()
    /// How many frames ago the last frame of each chain was; 0 for none.
    public private(set) var chainDifferences = SIMD32<UInt8>()
    public private(set) var width: UInt16 = 0
    public private(set) var height: UInt16 = 0

    /// What this frame is to a decode target below 32.
    public func indication(_ target: Int) -> DecodeTargetIndication {
        DecodeTargetIndication(
            rawValue: UInt8(truncatingIfNeeded: indications >> UInt64((target & 31) * 2) & 3))
            ?? .notPresent
    }

    /// The frame needs no earlier one.
    public var isIndependent: Bool { frameDifferences[0] == 0 }

    /// Reads the extension's value.
    /// - Parameter structure: What the last keyframe brought; replaced where this frame brings another.
    /// - Returns: `nil`, with `structure` as it was, for what breaks the format or refers to a structure that is not
    ///   there.
    @unsafe public init?(_ value: UnsafeRawBufferPointer, _ structure: inout DependencyStructure) {
        guard value.count >= Self.mandatorySize else { return nil }
        var reader = unsafe BitReader(value)
        startsFrame = reader.bit()
        endsFrame = reader.bit()
        templateID = UInt8(reader.bits(6))
        frameNumber = UInt16(reader.bits(16))
        guard value.count > Self.mandatorySize else {
            guard define(by: structure) else { return nil }
            return
        }
        hasStructure = reader.bit()
        let hasActive = reader.bit()
        let custom = (reader.bit(), reader.bit(), reader.bit())
        guard hasStructure else {
            guard define(&reader, by: structure, hasActive, custom) else { return nil }
            return
        }
        // The descriptor's own structure counts only if all of the descriptor is right.
        guard let own = DependencyStructure(&reader) else { return nil }
        activeTargets = UInt32(truncatingIfNeeded: ((1 as UInt64) << UInt64(own.targetCount)) - 1)
        guard define(&reader, by: own, hasActive, custom) else { return nil }
        structure = own
    }

    /// - Returns: Whether the structure has such a template.
    private mutating func define(by structure: DependencyStructure) -> Bool {
        let index = (Int(templateID) + 64 - Int(structure.firstTemplateID)) % 64
        guard index < structure.templateCount else { return false }
        spatial = structure.templates[index].spatial
        temporal = structure.templates[index].temporal
        indications = structure.templates[index].indications
        frameDifferences = structure.templates[index].frameDifferences
        chainDifferences = structure.templates[index].chainDifferences
        width = structure.widths[Int(spatial)]
        height = structure.heights[Int(spatial)]
        return true
    }

    private mutating func define(
        _ reader: inout BitReader, by structure: DependencyStructure, _ hasActive: Bool,
        _ custom: (Bool, Bool, Bool)
    ) -> Bool {
        if hasActive { activeTargets = reader.bits(structure.targetCount) }
        guard define(by: structure) else { return false }
        if custom.0 {
            indications = 0
            for target in 0..<structure.targetCount {
                indications |= UInt64(reader.bits(2)) << UInt64(target * 2)
            }
        }
        if custom.1 {
            guard readFrameDifferences(&reader) else { return false }
        }
        if custom.2 {
            chainDifferences = SIMD32()
            for chain in 0..<structure.chainCount {
                chainDifferences[chain] = UInt8(truncatingIfNeeded: reader.bits(8))
            }
        }
        return !reader.isOverrun
    }

    private mutating func readFrameDifferences(_ reader: inout BitReader) -> Bool {
        frameDifferences = SIMD8()
        var count = 0
        while true {
            let size = Int(reader.bits(2))
            guard size > 0 else { return true }
            guard count < 8 else { return false }
            frameDifferences[count] = UInt16(reader.bits(size * 4)) + 1
            count += 1
        }
    }
}
