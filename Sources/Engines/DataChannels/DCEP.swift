// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
internal import EngineKit

/// What the two ends agree on for one channel. RFC 8832 §5.1.
public struct DataChannelPlan: Hashable, Sendable {
    public var label: String
    /// The name of a protocol, or nothing.
    public var subprotocol: String
    public var reliability: SCTPReliability
    /// Higher is more urgent; 256 is usual. RFC 8831 §6.4.
    public var priority: UInt16

    public init(
        label: String, subprotocol: String = "", reliability: SCTPReliability = .reliable,
        priority: UInt16 = 256
    ) {
        self.label = label
        self.subprotocol = subprotocol
        self.reliability = reliability
        self.priority = priority
    }
}

/// The messages that open channels. RFC 8832.
public enum DCEPMessage: Hashable, Sendable {
    case open(DataChannelPlan)
    case acknowledge

    /// Longer names are of no use to anybody.
    public static let maxName = 1024

    public init(_ bytes: [UInt8]) throws(DecodeError) {
        self = try bytes.withReader { (reader) throws(DecodeError) in
            let type = try reader.read("DCEP type", as: UInt8.self)
            switch type {
            case 2: return .acknowledge
            case 3: return .open(try Self.plan(&reader))
            default: throw DecodeError(.invalid, "DCEP type", at: 0)
            }
        }
    }

    private static func plan(_ reader: inout ByteReader) throws(DecodeError) -> DataChannelPlan {
        let kind = try reader.read("DCEP channel type", as: UInt8.self)
        let priority = try reader.read("DCEP priority", as: UInt16.self)
        let limit = try reader.read("DCEP reliability", as: UInt32.self)
        let labelCount = Int(try reader.read("DCEP label length", as: UInt16.self))
        let protocolCount = Int(try reader.read("DCEP protocol length", as: UInt16.self))
        guard labelCount <= maxName, protocolCount <= maxName else {
            throw DecodeError(.tooLarge, "DCEP name", at: 8)
        }
        let label = try reader.readBytes("DCEP label", count: labelCount)
        let subprotocol = try reader.readBytes("DCEP protocol", count: protocolCount)
        var reliability = SCTPReliability(isOrdered: kind & 0x80 == 0)
        switch kind & 0x7F {
        case 0: break
        case 1: reliability.maxRetransmits = UInt16(clamping: limit)
        case 2: reliability.lifetime = .milliseconds(Int64(limit))
        default: throw DecodeError(.invalid, "DCEP channel type", at: 1)
        }
        guard let label = String(validating: label, as: UTF8.self),
            let subprotocol = String(validating: subprotocol, as: UTF8.self)
        else { throw DecodeError(.invalid, "DCEP name", at: 12) }
        return DataChannelPlan(
            label: label, subprotocol: subprotocol, reliability: reliability, priority: priority)
    }

    public var encoded: [UInt8] {
        guard case .open(let plan) = self else { return [2] }
        let (label, subprotocol) = (Array(plan.label.utf8), Array(plan.subprotocol.utf8))
        let (kind, limit): (UInt8, UInt32) =
            if let count = plan.reliability.maxRetransmits {
                (1, UInt32(count))
            } else if let lifetime = plan.reliability.lifetime {
                (2, UInt32(clamping: lifetime.milliseconds))
            } else {
                (0, 0)
            }
        var bytes: [UInt8] = [3, kind | (plan.reliability.isOrdered ? 0 : 0x80)]
        bytes.append16(plan.priority)
        bytes.append32(limit)
        bytes.append16(UInt16(clamping: label.count))
        bytes.append16(UInt16(clamping: subprotocol.count))
        return bytes + label + subprotocol
    }
}
