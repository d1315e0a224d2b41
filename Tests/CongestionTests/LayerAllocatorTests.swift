// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import Congestion

@Suite("Layers per slot")
struct LayerAllocatorTests {
    /// Simulcast of three encodings with three temporal layers each, as libwebrtc sends 720p.
    private static let camera: LayerRates = {
        var rates = LayerRates()
        let full = [150_000, 500_000, 1_700_000]
        for (spatial, rate) in full.enumerated() {
            for (temporal, share) in [0.5, 0.7, 1].enumerated() {
                rates[Layer(spatial: UInt8(spatial), temporal: UInt8(temporal))] = Int(Double(rate) * share)
            }
            rates.setHeight(180 << spatial, of: UInt8(spatial))
        }
        return rates
    }()

    private func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }

    private func cameras(_ heights: [Int], priority: UInt8 = 0) -> ContiguousArray<SlotDemand> {
        ContiguousArray(heights.map { SlotDemand(priority: priority, height: $0, rates: Self.camera) })
    }

    private func total(_ slots: ContiguousArray<SlotDemand>) -> Int {
        slots.reduce(0) { $0 + $1.rate(of: $1.layer) }
    }

    @Test("without a limit every tile gets what it can show")
    func unlimited() {
        var slots = cameras([720, 360, 180, 0])
        var allocator = LayerAllocator()
        let changed = allocator.allocate(&slots, target: nil, audio: 0, at: at(0))
        #expect(changed)
        #expect(slots.map { $0.layer?.spatial } == [2, 1, 0, nil])
        #expect(slots.prefix(3).allSatisfy { $0.layer?.temporal == 2 })
    }

    @Test("everybody is seen before anybody is seen well")
    func smallestFirst() {
        var slots = cameras([720, 720, 720, 720])
        var allocator = LayerAllocator()
        _ = allocator.allocate(&slots, target: 500_000, audio: 0, at: at(0))
        #expect(slots.allSatisfy { $0.layer?.spatial == 0 })
        #expect(total(slots) <= 500_000)
    }

    @Test("audio is taken off first, and nothing is left where it needs all")
    func audioFirst() {
        var slots = cameras([720])
        var allocator = LayerAllocator()
        _ = allocator.allocate(&slots, target: 100_000, audio: 100_000, at: at(0))
        #expect(slots[0].layer == nil)
        #expect(slots[0].isStarved)
    }

    @Test("the screen comes before the cameras, and the speaker before the others")
    func order() {
        var slots = cameras([360, 720, 360])
        slots[1].priority = 5
        slots.append(SlotDemand(isScreen: true, height: 720, rates: Self.camera))
        var allocator = LayerAllocator()
        _ = allocator.allocate(&slots, target: 2_900_000, audio: 0, at: at(0))
        #expect(slots[3].layer == Layer(spatial: 2, temporal: 2))
        #expect(slots[1].layer?.spatial == 1)
        #expect(slots[0].layer?.spatial == 0)
        #expect(slots[2].layer?.spatial == 0)
    }

    @Test("frame rate goes before the size of the picture")
    func temporalFirst() {
        var slots = cameras([720])
        var allocator = LayerAllocator()
        _ = allocator.allocate(&slots, target: 1_400_000, audio: 0, at: at(0))
        #expect(slots[0].layer == Layer(spatial: 2, temporal: 1))
        // Not to a quarter of it.
        _ = allocator.allocate(&slots, target: 1_000_000, audio: 0, at: at(1))
        #expect(slots[0].layer == Layer(spatial: 1, temporal: 2))
    }

    @Test("what does not fit is lowered at once, and raised only after a while and with a margin")
    func hysteresis() {
        var slots = cameras([720])
        var allocator = LayerAllocator()
        _ = allocator.allocate(&slots, target: 2_500_000, audio: 0, at: at(0))
        #expect(slots[0].layer?.spatial == 2)
        // A target that still fits what is sent changes nothing.
        _ = allocator.allocate(&slots, target: 1_750_000, audio: 0, at: at(1))
        #expect(slots[0].layer?.spatial == 2)
        _ = allocator.allocate(&slots, target: 900_000, audio: 0, at: at(2))
        #expect(slots[0].layer == Layer(spatial: 1, temporal: 2))
        _ = allocator.allocate(&slots, target: 2_500_000, audio: 0, at: at(2.5))
        #expect(slots[0].layer == Layer(spatial: 1, temporal: 2))
        _ = allocator.allocate(&slots, target: 2_500_000, audio: 0, at: at(20))
        #expect(slots[0].layer == Layer(spatial: 2, temporal: 2))
    }

    @Test("a raise that went wrong is tried later each time")
    func backsOff() {
        var slots = cameras([720])
        var allocator = LayerAllocator()
        var raises: [Double] = []
        var time = 0.0
        var wasHigh = false
        while time < 120 {
            // The path carries the middle layer only, which shows as soon as the highest is sent.
            let isHigh = slots[0].layer?.spatial == 2
            if isHigh, !wasHigh { raises.append(time) }
            wasHigh = isHigh
            _ = allocator.allocate(&slots, target: isHigh ? 900_000 : 2_500_000, audio: 0, at: at(time))
            time += 0.5
        }
        #expect(raises.count < 12)
    }

    @Test("slots of one priority differ by a step at most")
    func even() {
        var slots = cameras([720, 720, 720])
        var allocator = LayerAllocator()
        _ = allocator.allocate(&slots, target: 2_600_000, audio: 0, at: at(0))
        let spatial = slots.compactMap { $0.layer?.spatial }
        #expect(spatial.count == 3)
        #expect((spatial.max() ?? 0) - (spatial.min() ?? 0) <= 1)
        #expect(total(slots) <= 2_600_000)
    }

    @Test("never exceeds the target, whatever is asked for", arguments: 1...50)
    func bounded(seed: UInt64) {
        var random = SeededRandomSource(seed: seed)
        var slots: ContiguousArray<SlotDemand> = []
        for byte in random.nextBytes(Int(seed % 30)) {
            var slot = SlotDemand(
                priority: byte & 3, isScreen: byte & 12 == 0, height: Int(byte) * 6, rates: Self.camera)
            if byte & 1 == 0 { slot.rates[Layer(spatial: 2, temporal: 0)] = 0 }
            slots.append(slot)
        }
        var allocator = LayerAllocator()
        for (step, byte) in random.nextBytes(40).enumerated() {
            let target = Int(byte) * 40_000
            _ = allocator.allocate(&slots, target: target, audio: 40_000, at: at(Double(step)))
            #expect(total(slots) <= max(target - 40_000, 0))
        }
    }
}
