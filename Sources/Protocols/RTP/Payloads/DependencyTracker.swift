// SPDX-License-Identifier: Apache-2.0

/// Reads the descriptors of one stream, each by what its keyframes and active targets have told before.
public struct DependencyTracker: Sendable, BitwiseCopyable {
    public private(set) var structure = DependencyStructure()
    /// The decode targets that the sender makes at present, a bit each.
    public private(set) var activeTargets: UInt32 = 0
    /// The best active target for each spatial and temporal layer; 255 for none.
    private var targets = SIMD16<UInt8>(repeating: 255)

    public init() {}

    /// Reads the extension of a packet, and puts what it says in place of what the payload said.
    /// - Returns: `nil`, with nothing changed, for what breaks the format or refers to a structure that is not there.
    @unsafe public mutating func read(
        _ value: UnsafeRawBufferPointer, _ facts: inout FrameFacts
    ) -> DependencyDescriptor? {
        guard let descriptor = unsafe DependencyDescriptor(value, &structure) else { return nil }
        if let active = descriptor.activeTargets, descriptor.hasStructure || active != activeTargets {
            activeTargets = active
            chooseTargets()
        }
        facts.startsFrame = descriptor.startsFrame
        facts.endsFrame = descriptor.endsFrame
        facts.spatial = descriptor.spatial
        facts.temporal = descriptor.temporal
        facts.isKeyframe = descriptor.hasStructure && descriptor.isIndependent && descriptor.spatial == 0
        facts.usesEarlierPictures = !descriptor.isIndependent
        facts.isSwitchPoint = false
        facts.isDiscardable = false
        facts.hasIndications = true
        facts.indications = indications(descriptor)
        if facts.isKeyframe, descriptor.width > 0 {
            // The size of the whole: that of the highest layer.
            let highest = max(0, structure.spatialLayers - 1)
            facts.width = structure.widths[highest]
            facts.height = structure.heights[highest]
        }
        return descriptor
    }

    private func indications(_ descriptor: DependencyDescriptor) -> UInt32 {
        var indications: UInt32 = 0
        for place in 0..<16 {
            let target = Int(targets[place])
            guard target < 32 else { continue }
            indications |= UInt32(descriptor.indication(target).rawValue) << UInt32(place * 2)
        }
        return indications
    }

    private mutating func chooseTargets() {
        for place in 0..<16 {
            let target = structure.target(spatial: place / 4, temporal: place % 4, among: activeTargets)
            targets[place] = UInt8(clamping: target ?? 255)
        }
    }
}
