// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP

@testable import Forwarding

/// A frame as its sender knows it: what it is and which frames its decoder must have.
struct SentFrame {
    let encoding: UInt8
    /// Counts the frames of the encoding.
    let index: Int
    let isKey: Bool
    let temporal: UInt8
    let isSync: Bool
    /// Frames of the encoding, by index.
    let references: [Int]
    let pictureID: UInt16
    let tl0: UInt8
    let timestamp: UInt32
    let packets: [PacketRecord]
}

/// One encoding of VP8 in three temporal layers, with numbers that begin anywhere.
struct EncodingSender {
    private static let layers: [UInt8] = [0, 2, 1, 2]

    let encoding: UInt8
    private var index = 0
    private var phase = 0
    private var number: Int64
    private var pictureID: UInt16
    private var tl0: UInt8
    private let timestampBase: UInt32
    private var lastByLayer: [Int?] = [nil, nil, nil]
    var wantsKey = true

    init(_ encoding: UInt8, _ dice: inout Dice) {
        self.encoding = encoding
        number = Int64.random(in: 60_000...200_000, using: &dice)
        pictureID = UInt16.random(in: 0...0x7FFF, using: &dice)
        tl0 = UInt8.random(in: 0...255, using: &dice)
        timestampBase = UInt32.random(in: 0...UInt32.max, using: &dice)
    }

    /// The timestamp of an instant.
    func timestamp(at milliseconds: Int64) -> UInt32 {
        timestampBase &+ UInt32(truncatingIfNeeded: milliseconds * 90)
    }

    mutating func frame(at milliseconds: Int64, _ dice: inout Dice) -> SentFrame {
        let isKey = wantsKey
        wantsKey = false
        if isKey { phase = 0 }
        let temporal = Self.layers[phase % 4]
        // Every other group begins its upper layers anew.
        let isSync = isKey || temporal == 0 || phase / 4 % 2 == 0 && (temporal == 1 || phase % 4 == 1)
        phase += 1
        var references: [Int] = []
        if !isKey {
            for layer in 0...Int(isSync ? 0 : temporal) {
                references += [lastByLayer[layer]].compactMap { $0 }
            }
        } else {
            lastByLayer = [nil, nil, nil]
        }
        pictureID = (pictureID + 1) & 0x7FFF
        if temporal == 0 { tl0 &+= 1 }
        var records: [PacketRecord] = []
        let count = isKey ? 6 : Int.random(in: 1...3, using: &dice)
        for place in 0..<count {
            var record = PacketRecord()
            record.number = number
            record.layer = encoding
            record.timestamp = timestamp(at: milliseconds)
            record.marker = place == count - 1
            record.facts.isKeyframe = isKey && place == 0
            record.facts.startsFrame = place == 0
            record.facts.endsFrame = record.marker
            record.facts.temporal = temporal
            record.facts.isSwitchPoint = isSync
            record.facts.usesEarlierPictures = !isKey
            record.facts.pictureID = pictureID
            record.facts.pictureIDBits = 15
            record.facts.tl0 = tl0
            records.append(record)
            number += 1
        }
        lastByLayer[Int(temporal)] = index
        defer { index += 1 }
        return SentFrame(
            encoding: encoding, index: index, isKey: isKey, temporal: temporal, isSync: isSync,
            references: references, pictureID: pictureID, tl0: tl0, timestamp: timestamp(at: milliseconds),
            packets: records)
    }
}
