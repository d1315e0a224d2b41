// SPDX-License-Identifier: Apache-2.0
internal import Congestion
internal import EngineKit

/// What each layer of one encoding costs, measured where it arrives.
struct LayerMeter: BitwiseCopyable {
    /// Spatial layers of scalable coding, and temporal ones, that are told from each other.
    static let spatial = 3
    static let temporal = 4
    /// Rates are means of this long.
    private static let window = Duration.milliseconds(1_000)
    /// The first sample is of less, as without one nothing can be shared.
    private static let firstWindow = Duration.milliseconds(250)

    /// Bytes since ``began``, by layer.
    private var bytes = InlineArray<12, UInt32>(repeating: 0)
    /// In bit/s, of each layer by itself.
    private var rates = InlineArray<12, UInt32>(repeating: 0)
    private var began: Instant?
    /// The only sample so far is of the shorter window, which a keyframe fills.
    private var isRough = false
    /// The highest spatial layer that came in the last window.
    private(set) var highestSpatial: UInt8 = 0

    @inline(__always)
    mutating func add(_ count: Int, spatial: UInt8, temporal: UInt8) {
        let place = Int(min(spatial, 2)) &* Self.temporal &+ Int(min(temporal, 3))
        bytes[place] = bytes[place] &+ UInt32(truncatingIfNeeded: count)
    }

    /// Ends a window that is long enough.
    mutating func measure(at now: Instant) {
        guard let start = began else {
            began = now
            return
        }
        let elapsed = start.duration(to: now)
        guard elapsed >= (isMeasured ? Self.window : Self.firstWindow) else { return }
        began = now
        let milliseconds = max(elapsed.milliseconds, 1)
        var isEmpty = true
        for place in 0..<12 where bytes[place] > 0 { isEmpty = false }
        // What comes after a pause is judged by what came before it.
        guard !isEmpty else { return }
        highestSpatial = 0
        let wasRough = isRough
        isRough = !isMeasured
        for place in 0..<12 {
            let sample = UInt32(clamping: Int64(bytes[place]) &* 8_000 / milliseconds)
            // Up at once, as a rate that is thought too low fills queues; down slowly.
            let isHeld = sample < rates[place] && !wasRough
            rates[place] = isHeld ? (rates[place] / 4) &* 3 &+ sample / 4 : sample
            if bytes[place] > 0 { highestSpatial = UInt8(place / Self.temporal) }
            bytes[place] = 0
        }
    }

    /// The rate of everything up to a layer, in bit/s; 0 where nothing has come of it.
    func rate(spatial: UInt8, temporal: UInt8) -> Int {
        var sum = 0
        for low in 0...Int(min(spatial, 2)) {
            for time in 0...Int(min(temporal, 3)) { sum += Int(rates[low &* Self.temporal &+ time]) }
        }
        let own = Int(min(spatial, 2)) &* Self.temporal &+ Int(min(temporal, 3))
        return rates[own] == 0 ? 0 : sum
    }

    /// Whether there has been time to measure anything.
    var isMeasured: Bool { rate(spatial: 0, temporal: 0) > 0 }
}

extension Publication {
    /// What its layers cost and how large they are, for who shares a receiver's bandwidth: encodings of simulcast in
    /// the order of their sizes, or the spatial layers of the only one.
    mutating func layerRates(at now: Instant) -> LayerRates {
        var table = LayerRates()
        for index in 0..<layerCount { layers[index].meter.measure(at: now) }
        if layerCount == 1 {
            for spatial in 0..<UInt8(LayerRates.spatialLayers) {
                for temporal in 0..<UInt8(LayerRates.temporalLayers) {
                    table[Layer(spatial: spatial, temporal: temporal)] = layers[0].meter.rate(
                        spatial: spatial, temporal: temporal)
                }
                let below = Int(layers[0].meter.highestSpatial) - Int(spatial)
                if below >= 0 { table.setHeight(Int(layers[0].height) >> below, of: spatial) }
            }
            return table
        }
        sortLayers()
        for place in 0..<min(layerCount, LayerRates.spatialLayers) {
            let encoding = layers[Int(sizeOrder[place])]
            guard isAlive(encoding, at: now) else { continue }
            for temporal in 0..<UInt8(LayerRates.temporalLayers) {
                table[Layer(spatial: UInt8(place), temporal: temporal)] = encoding.meter.rate(
                    spatial: 0, temporal: temporal)
            }
            if !encoding.meter.isMeasured {
                // Not yet measured: what browsers send at first.
                table[Layer(spatial: UInt8(place), temporal: 0)] = 150_000 << (2 * place)
            }
            table.setHeight(Int(encoding.height), of: UInt8(place))
        }
        return table
    }

    /// Whether something of an encoding came lately.
    func isAlive(_ encoding: Encoding, at now: Instant) -> Bool {
        encoding.packets > 0 && encoding.lastArrival.duration(to: now) < .seconds(2)
    }

    /// Orders encodings by the size of their pictures; as they were announced where that is not known.
    private mutating func sortLayers() {
        for end in 1..<max(layerCount, 1) {
            var place = end
            while place > 0 {
                let (low, high) = (layers[Int(sizeOrder[place - 1])], layers[Int(sizeOrder[place])])
                guard low.height > 0, high.height > 0, low.height > high.height else { break }
                (sizeOrder[place - 1], sizeOrder[place]) = (sizeOrder[place], sizeOrder[place - 1])
                place -= 1
            }
        }
    }
}
