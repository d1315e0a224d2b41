// SPDX-License-Identifier: Apache-2.0
import RTP
import TestKit
import Testing

/// Descriptors of Chrome's AV1 in L3T3, captured; from livekit's dependencydescriptor tests (Apache-2.0).
private let key =
    "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b820"
    + "ac1282503157f974000ca864330e222222eca8655304224230eca877530077004200ef008601df010d"

private func read(_ bytes: [UInt8], _ structure: inout DependencyStructure) -> DependencyDescriptor? {
    unsafe lend(bytes) { unsafe DependencyDescriptor($0, &structure) }
}

@Suite("Dependency descriptors")
struct DependencyDescriptorTests {
    @Test("the structure of Chrome's three layers of three")
    func structure() throws {
        var structure = DependencyStructure()
        let first = try #require(read([UInt8](hex: key), &structure))
        #expect(first.startsFrame && first.endsFrame && first.hasStructure && first.isIndependent)
        #expect(first.frameNumber == 0x0172)
        #expect(first.spatial == 0 && first.temporal == 0)
        #expect(structure.targetCount == 9)
        #expect(structure.chainCount == 3)
        #expect(structure.spatialLayers == 3 && structure.temporalLayers == 3)
        #expect(first.activeTargets == 0x1FF)
        #expect(structure.templateCount == 15)
        #expect((0..<3).map { structure.widths[$0] } == [120, 240, 480])
        #expect((0..<3).map { structure.heights[$0] } == [67, 135, 270])
        for spatial in 0..<3 {
            for temporal in 0..<3 {
                #expect(structure.target(spatial: spatial, temporal: temporal) == spatial * 3 + temporal)
                #expect(structure.protectingChain[spatial * 3 + temporal] == UInt8(spatial))
            }
        }
        #expect(structure.target(spatial: 9, temporal: 1) == 7)
        #expect(structure.target(spatial: 2, temporal: 2, among: 0b11_1111) == 5)
        #expect(structure.target(spatial: 2, temporal: 2, among: 0) == nil)
    }

    @Test("later packets refer to the structure")
    func followers() throws {
        var structure = DependencyStructure()
        _ = read([UInt8](hex: key), &structure)
        // Number, spatial and temporal layer, frames needed, indications, chains, active targets.
        let expected: [(String, [Int], [UInt16], [UInt8], [UInt8], UInt32?)] = [
            ("86017340fc", [0x173, 1, 0], [1, 0], [0, 0, 0, 2, 2, 2, 2, 2, 2], [1, 1, 1], 63),
            ("c3017540fc", [0x175, 0, 2], [3, 0], [0, 0, 1, 0, 0, 3, 0, 0, 3], [3, 2, 1], 63),
            ("88017640fc", [0x176, 1, 2], [3, 1], [0, 0, 0, 0, 0, 1, 0, 0, 3], [4, 3, 2], 63),
            ("c2017840fc", [0x178, 0, 1], [6, 0], [0, 1, 2, 0, 3, 3, 0, 3, 3], [6, 5, 4], 63),
            ("860173", [0x173, 1, 0], [1, 0], [0, 0, 0, 2, 2, 2, 2, 2, 2], [1, 1, 1], nil),
            ("8b0174", [0x174, 2, 0], [1, 0], [0, 0, 0, 0, 0, 0, 2, 2, 2], [2, 1, 1], nil),
        ]
        for (hex, numbers, needed, indications, chains, active) in expected {
            let frame = try #require(read([UInt8](hex: hex), &structure), "\(hex)")
            #expect([Int(frame.frameNumber), Int(frame.spatial), Int(frame.temporal)] == numbers)
            #expect((0..<2).map { frame.frameDifferences[$0] } == needed)
            #expect((0..<9).map { frame.indication($0).rawValue } == indications)
            #expect((0..<3).map { frame.chainDifferences[$0] } == chains)
            #expect(frame.activeTargets == active)
            #expect(!frame.isIndependent && !frame.hasStructure)
        }
    }

    @Test("a descriptor without the structure that it refers to is refused")
    func unknown() {
        var structure = DependencyStructure()
        #expect(read([UInt8](hex: "860173"), &structure) == nil)
        _ = read([UInt8](hex: key), &structure)
        #expect(read([UInt8](hex: "BF0173"), &structure) == nil)
    }

    @Test("no prefix of a structure is taken, and the old one stays")
    func truncated() {
        let bytes = [UInt8](hex: key)
        var structure = DependencyStructure()
        _ = read(bytes, &structure)
        for prefix in bytes.prefixes where prefix.count < bytes.count - 1 {
            var other = structure
            let descriptor = read(prefix, &other)
            // Without its first bits of more than the least there is, it refers to the structure that is there.
            #expect(descriptor == nil || prefix.count <= 3)
            #expect(other.targetCount == 9 && other.templateCount == structure.templateCount)
        }
    }
}
