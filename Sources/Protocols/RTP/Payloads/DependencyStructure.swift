// SPDX-License-Identifier: Apache-2.0

/// What a frame is to a decode target. AV1 RTP §A.8.2.
public enum DecodeTargetIndication: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// The target has no such frame.
    case notPresent = 0
    /// No later frame of the target needs it.
    case discardable = 1
    /// Whoever has this one and what it needs can decode the rest of the target.
    case switching = 2
    case required = 3
}

/// What frames of a stream may depend on, as its keyframes tell; later frames refer to it. AV1 RTP §A.8.3.
///
/// Everything is stored in place: a structure costs no allocation, and a forwarder keeps one per publication.
public struct DependencyStructure: Sendable, BitwiseCopyable {
    public static let maximumTemplates = 64
    public static let maximumTargets = 32

    /// What many frames have in common.
    public struct Template: Hashable, Sendable, BitwiseCopyable {
        public internal(set) var spatial: UInt8 = 0
        public internal(set) var temporal: UInt8 = 0
        /// Two bits for each decode target, the first in the lowest ones.
        public internal(set) var indications: UInt64 = 0
        /// How many frames ago each frame was that this one needs; 0 behind the last.
        public internal(set) var frameDifferences = SIMD8<UInt16>()
        /// How many frames ago the last frame of each chain was; 0 for none.
        public internal(set) var chainDifferences = SIMD32<UInt8>()
    }

    public internal(set) var firstTemplateID: UInt8 = 0
    public internal(set) var templateCount = 0
    public internal(set) var targetCount = 0
    public internal(set) var chainCount = 0
    /// The chain that protects each decode target.
    public internal(set) var protectingChain = SIMD32<UInt8>()
    /// The highest layers of each decode target.
    public internal(set) var targetSpatial = SIMD32<UInt8>()
    public internal(set) var targetTemporal = SIMD32<UInt8>()
    public internal(set) var spatialLayers = 0
    public internal(set) var temporalLayers = 0
    /// In pixels by spatial layer; 0 for unknown.
    public internal(set) var widths = SIMD4<UInt16>()
    public internal(set) var heights = SIMD4<UInt16>()
    var templates = InlineArray<64, Template>(repeating: Template())

    public init() {}

    public var isEmpty: Bool { templateCount == 0 }

    /// The template at an index below ``templateCount``.
    public func template(_ index: Int) -> Template? {
        index >= 0 && index < templateCount ? templates[index] : nil
    }

    /// The decode target with exactly these highest layers, or the best one below them; `nil` when there is none.
    public func target(spatial: Int, temporal: Int, among active: UInt32 = .max) -> Int? {
        var best: Int?
        for index in 0..<targetCount where active >> UInt32(index) & 1 != 0 {
            let layers = (Int(targetSpatial[index]), Int(targetTemporal[index]))
            guard layers.0 <= spatial, layers.1 <= temporal else { continue }
            if let best, layers <= (Int(targetSpatial[best]), Int(targetTemporal[best])) { continue }
            best = index
        }
        return best
    }
}

extension DependencyStructure {
    /// - Returns: `nil` when it breaks a rule, or is larger than any that is in use.
    init?(_ reader: inout BitReader) {
        firstTemplateID = UInt8(reader.bits(6))
        targetCount = Int(reader.bits(5)) + 1
        guard readLayers(&reader) else { return nil }
        for index in 0..<templateCount {
            for target in 0..<targetCount {
                templates[index].indications |= UInt64(reader.bits(2)) << UInt64(target * 2)
            }
        }
        for index in 0..<templateCount {
            guard readFrameDifferences(&reader, index) else { return nil }
        }
        readChains(&reader)
        nameTargets()
        if reader.bit() {
            for layer in 0..<spatialLayers {
                widths[layer] = UInt16(truncatingIfNeeded: min(reader.bits(16) + 1, 0xFFFF))
                heights[layer] = UInt16(truncatingIfNeeded: min(reader.bits(16) + 1, 0xFFFF))
            }
        }
        guard !reader.isOverrun else { return nil }
    }

    private mutating func readLayers(_ reader: inout BitReader) -> Bool {
        var spatial: UInt8 = 0
        var temporal: UInt8 = 0
        while true {
            guard templateCount < Self.maximumTemplates, spatial < 4, temporal < 8 else { return false }
            templates[templateCount].spatial = spatial
            templates[templateCount].temporal = temporal
            templateCount += 1
            temporalLayers = max(temporalLayers, Int(temporal) + 1)
            switch reader.bits(2) {
            case 0: break
            case 1: temporal += 1
            case 2:
                temporal = 0
                spatial += 1
            default:
                spatialLayers = Int(spatial) + 1
                return true
            }
            guard !reader.isOverrun else { return false }
        }
    }

    private mutating func readFrameDifferences(_ reader: inout BitReader, _ index: Int) -> Bool {
        var count = 0
        while reader.bit() {
            // An encoder of AV1 has eight buffers to refer to.
            guard count < 8 else { return false }
            templates[index].frameDifferences[count] = UInt16(reader.bits(4)) + 1
            count += 1
        }
        return true
    }

    private mutating func readChains(_ reader: inout BitReader) {
        chainCount = min(reader.nonSymmetric(targetCount + 1), Self.maximumTargets)
        guard chainCount > 0 else { return }
        for target in 0..<targetCount {
            protectingChain[target] = UInt8(truncatingIfNeeded: reader.nonSymmetric(chainCount))
        }
        for index in 0..<templateCount {
            for chain in 0..<chainCount {
                templates[index].chainDifferences[chain] = UInt8(truncatingIfNeeded: reader.bits(4))
            }
        }
    }

    /// A target's layers are the highest ones of its frames.
    private mutating func nameTargets() {
        for target in 0..<targetCount {
            for index in 0..<templateCount {
                let template = templates[index]
                guard template.indications >> UInt64(target * 2) & 3 != 0 else { continue }
                targetSpatial[target] = max(targetSpatial[target], template.spatial)
                targetTemporal[target] = max(targetTemporal[target], template.temporal)
            }
        }
    }
}
