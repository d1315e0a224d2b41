// SPDX-License-Identifier: Apache-2.0
public import EngineKit

/// One video slot of a receiver: what it shows, what that costs, and what it gets.
public struct SlotDemand: Sendable, BitwiseCopyable {
    /// Higher counts more. Slots of one priority share evenly.
    public var priority: UInt8
    /// Served before every camera, and in its best picture rather than at its best frame rate.
    public var isScreen: Bool
    /// The height at which the receiver shows it, in pixels; 0 for one that is not shown.
    public var height: Int
    public var rates: LayerRates
    /// What the slot gets; `nil` for nothing.
    public internal(set) var layer: Layer?
    /// Whether nothing is sent because it does not fit, rather than because there is nothing.
    public internal(set) var isStarved = false

    public init(
        priority: UInt8 = 0, isScreen: Bool = false, height: Int, rates: LayerRates, layer: Layer? = nil
    ) {
        self.priority = priority
        self.isScreen = isScreen
        self.height = height
        self.rates = rates
        self.layer = layer
    }

    /// The next layer worth having above `layer`, no larger than the tile.
    ///
    /// A larger picture at the lowest frame rate is worse to look at than a smaller one at full rate, unless it is a
    /// screen: a camera so gives up temporal layers before spatial ones only down to the second.
    func layer(above layer: Layer?) -> Layer? {
        let highest = largestUseful
        var found: Layer?
        var spatial = layer?.spatial ?? 0
        while spatial <= highest {
            var temporal: UInt8 = 0
            while temporal < LayerRates.temporalLayers {
                let candidate = Layer(spatial: spatial, temporal: temporal)
                if rates[candidate] > 0, isAbove(candidate, layer), isWorthwhile(candidate) {
                    found = candidate
                    return found
                }
                temporal += 1
            }
            spatial += 1
        }
        return found
    }

    /// The rate of `layer`, 0 for none.
    func rate(of layer: Layer?) -> Int {
        if let layer { rates[layer] } else { 0 }
    }

    private func isAbove(_ candidate: Layer, _ layer: Layer?) -> Bool {
        if let layer { candidate > layer } else { true }
    }

    private func isWorthwhile(_ candidate: Layer) -> Bool {
        if isScreen || candidate.spatial == 0 || candidate.temporal > 0 { return true }
        // The lowest frame rate, where the layer has others and a smaller picture exists.
        return rates[Layer(spatial: candidate.spatial, temporal: 1)] == 0 || !hasSmaller(candidate.spatial)
    }

    private func hasSmaller(_ spatial: UInt8) -> Bool {
        var smaller: UInt8 = 0
        while smaller < spatial {
            if rates[Layer(spatial: smaller, temporal: 0)] > 0 { return true }
            smaller += 1
        }
        return false
    }

    /// The smallest spatial layer that fills the tile, or the largest there is.
    private var largestUseful: UInt8 {
        var spatial: UInt8 = 0
        while spatial < LayerRates.spatialLayers - 1 {
            // A fifth of stretching is not seen.
            let has = rates.height(of: spatial)
            let isThere = rates[Layer(spatial: spatial, temporal: 0)] > 0
            if isThere, has > 0, has * 6 / 5 >= height { return spatial }
            spatial += 1
        }
        return spatial
    }
}

/// Shares one receiver's bandwidth among its video slots.
///
/// Every slot first gets its smallest layer, screens before cameras and then by priority; then the screens grow as
/// far as they want, then priority by priority all slots of it step by step. Audio is taken off before. What does
/// not fit any more is lowered at once; what fits again is raised with a margin, and the later the more often
/// raising went wrong.
public struct LayerAllocator: Sendable, BitwiseCopyable {
    /// Of the target, what a raise may fill; the rest is for retransmissions and key frames.
    private static let raiseShare = 0.9
    private static let keepShare = 1.0
    private static let shortestHold: Int64 = 2_000_000_000
    private static let longestHold: Int64 = 16_000_000_000

    private var loweredAt: Instant?
    private var raisedAt: Instant?
    private var hold = Self.shortestHold
    /// What the last choice needs at least, audio and all, in bit/s: below it something does not fit.
    public private(set) var load = 0

    public init() {}

    /// What all slots would take at their best, in bit/s: what probes are worth.
    public static func wanted(_ slots: borrowing ContiguousArray<SlotDemand>, audio: Int) -> Int {
        var sum = audio
        for index in 0..<slots.count where slots[index].height > 0 {
            var layer: Layer?
            while let next = slots[index].layer(above: layer) { layer = next }
            sum += slots[index].rate(of: layer)
        }
        return sum
    }

    /// Chooses a layer for every slot.
    ///
    /// - Parameters:
    ///   - target: What may be sent in bit/s, `nil` for no limit.
    ///   - audio: What audio takes of it, in bit/s.
    /// - Returns: Whether any slot's layer changed.
    public mutating func allocate(
        _ slots: inout ContiguousArray<SlotDemand>, target: Int?, audio: Int, at now: Instant
    ) -> Bool {
        defer { load = audio + total(slots) }
        guard let target else { return fill(&slots, budget: .max, now) }
        let room = max(target - audio, 0)
        let present = total(slots)
        // Too much: at once, and with what a raise may fill, so that it is not too much again soon.
        let isOver = present > Int(Double(room) * Self.keepShare)
        if !isOver, let lowered = loweredAt, lowered.duration(to: now).nanoseconds < hold {
            return fill(&slots, budget: max(present, 0), now, keeping: true)
        }
        if isOver { noteLowering(at: now) }
        let changed = fill(&slots, budget: Int(Double(room) * Self.raiseShare), now, keeping: !isOver)
        if changed, !isOver { raisedAt = now }
        return changed
    }

    private func total(_ slots: borrowing ContiguousArray<SlotDemand>) -> Int {
        var sum = 0
        for index in 0..<slots.count where slots[index].height > 0 {
            sum += slots[index].rate(of: slots[index].layer)
        }
        return sum
    }

    private mutating func noteLowering(at now: Instant) {
        // A fall soon after a raise was that raise's fault: the next one waits twice as long.
        if let raised = raisedAt, raised.duration(to: now) < .seconds(8) {
            hold = min(hold * 2, Self.longestHold)
        } else {
            hold = Self.shortestHold
        }
        loweredAt = now
    }

    /// - Parameter keeping: No slot gets less than it has, as it all fits.
    private func fill(
        _ slots: inout ContiguousArray<SlotDemand>, budget: Int, _ now: Instant, keeping: Bool = false
    ) -> Bool {
        var left = budget
        var changed = false
        var before: InlineArray<64, Layer?> = .init(repeating: nil)
        let count = min(slots.count, 64)
        for index in 0..<count {
            before[index] = slots[index].layer
            slots[index].layer = nil
            slots[index].isStarved = false
        }
        // The smallest layers first, screens before cameras and then by priority.
        while let index = next(in: slots, count, { $0.layer == nil && !$0.isStarved }) {
            raise(&slots[index], left: &left)
            if slots[index].layer == nil { slots[index].isStarved = true }
        }
        if keeping { restore(&slots, count, before, left: &left) }
        grow(&slots, count, left: &left)
        for index in 0..<count where slots[index].layer != before[index] { changed = true }
        return changed
    }

    private func restore(
        _ slots: inout ContiguousArray<SlotDemand>, _ count: Int, _ before: InlineArray<64, Layer?>,
        left: inout Int
    ) {
        for index in 0..<count where slots[index].height > 0 {
            guard let old = before[index], slots[index].rates[old] > 0 else { continue }
            guard !isLarger(old, than: slots[index]) else { continue }
            left = left &- (slots[index].rate(of: old) - slots[index].rate(of: slots[index].layer))
            slots[index].layer = old
            slots[index].isStarved = false
        }
    }

    /// Whether the tile became smaller than what it got.
    private func isLarger(_ old: Layer, than slot: SlotDemand) -> Bool {
        var best: Layer?
        while let next = slot.layer(above: best) { best = next }
        guard let best else { return true }
        return old.spatial > best.spatial
    }

    /// Screens first, each as far as it goes; then one priority after the other, its slots step by step.
    private func grow(_ slots: inout ContiguousArray<SlotDemand>, _ count: Int, left: inout Int) {
        var full: InlineArray<64, Bool> = .init(repeating: false)
        var index = 0
        while index < count {
            if slots[index].height <= 0 || slots[index].layer == nil { full[index] = true }
            index += 1
        }
        while let best = lowest(in: slots, count, full) {
            let old = slots[best].layer
            raise(&slots[best], left: &left)
            if slots[best].layer == old { full[best] = true }
        }
    }

    /// Of the slots that may grow, the one whose turn it is.
    private func lowest(
        in slots: borrowing ContiguousArray<SlotDemand>, _ count: Int, _ full: InlineArray<64, Bool>
    ) -> Int? {
        var best: Int?
        for index in 0..<count where !full[index] {
            guard let other = best else {
                best = index
                continue
            }
            if isBefore(slots[index], slots[other]) { best = index }
        }
        return best
    }

    private func isBefore(_ a: SlotDemand, _ b: SlotDemand) -> Bool {
        if a.isScreen != b.isScreen { return a.isScreen }
        if a.priority != b.priority { return a.priority > b.priority }
        guard let x = a.layer, let y = b.layer else { return b.layer != nil }
        return x == y ? a.height > b.height : x < y
    }

    private func next(
        in slots: borrowing ContiguousArray<SlotDemand>, _ count: Int, _ isOpen: (SlotDemand) -> Bool
    ) -> Int? {
        var best: Int?
        for index in 0..<count where slots[index].height > 0 && isOpen(slots[index]) {
            guard let other = best else {
                best = index
                continue
            }
            let a = slots[index]
            let b = slots[other]
            if a.isScreen != b.isScreen {
                if a.isScreen { best = index }
            } else if a.priority != b.priority {
                if a.priority > b.priority { best = index }
            } else if a.height > b.height {
                best = index
            }
        }
        return best
    }

    /// One step up where it fits, over steps that are cheaper than the present one too.
    private func raise(_ slot: inout SlotDemand, left: inout Int) {
        let present = slot.rate(of: slot.layer)
        var candidate = slot.layer(above: slot.layer)
        while let layer = candidate {
            let cost = slot.rate(of: layer) - present
            if cost <= left {
                left -= cost
                slot.layer = layer
                return
            }
            candidate = slot.layer(above: layer)
        }
    }
}
