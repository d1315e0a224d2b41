// SPDX-License-Identifier: Apache-2.0

/// A layer of a publication: which encoding or spatial layer, and up to which temporal layer.
public struct Layer: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// 0 is the smallest picture.
    public var spatial: UInt8
    /// 0 is the lowest frame rate.
    public var temporal: UInt8

    public init(spatial: UInt8, temporal: UInt8) {
        self.spatial = spatial
        self.temporal = temporal
    }

    public static func < (a: Layer, b: Layer) -> Bool { (a.spatial, a.temporal) < (b.spatial, b.temporal) }
}

/// What a publication's layers cost now, in bit/s, as measured where they arrive.
///
/// A rate is that of everything which a receiver of the layer gets: all lower temporal layers with it, and with
/// scalable coding all lower spatial ones. Zero for a layer that is not there.
public struct LayerRates: Sendable, BitwiseCopyable {
    public static let spatialLayers = 3
    public static let temporalLayers = 4

    private var rates: InlineArray<12, UInt32> = .init(repeating: 0)
    private var heights: InlineArray<3, UInt16> = .init(repeating: 0)

    public init() {}

    /// The rate of a layer in bit/s; 0 for one that is not there, or is none.
    public subscript(layer: Layer) -> Int {
        get { isPossible(layer) ? Int(rates[place(layer)]) : 0 }
        set { if isPossible(layer) { rates[place(layer)] = UInt32(clamping: newValue) } }
    }

    /// The height of a spatial layer's picture in pixels; 0 where it is not known.
    public func height(of spatial: UInt8) -> Int {
        spatial < Self.spatialLayers ? Int(heights[Int(spatial)]) : 0
    }

    public mutating func setHeight(_ height: Int, of spatial: UInt8) {
        if spatial < Self.spatialLayers { heights[Int(spatial)] = UInt16(clamping: height) }
    }

    private func isPossible(_ layer: Layer) -> Bool {
        layer.spatial < Self.spatialLayers && layer.temporal < Self.temporalLayers
    }

    private func place(_ layer: Layer) -> Int {
        Int(layer.spatial) * Self.temporalLayers + Int(layer.temporal)
    }
}
