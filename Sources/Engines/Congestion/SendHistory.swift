// SPDX-License-Identifier: Apache-2.0
public import EngineKit

/// What left a connection, by transport-wide sequence number, until its receiver has told when it arrived.
///
/// A ring of eight bytes a packet. It starts small and doubles while more packets are under way than it holds, so
/// that a steady connection allocates nothing.
public struct SendHistory: Sendable {
    /// A packet that left, as far as feedback needs it.
    public struct Packet: Hashable, Sendable, BitwiseCopyable {
        /// The sequence number without its wraps.
        public var sequence: Int64
        public var sentAt: Instant
        /// Bytes on the wire above UDP.
        public var size: Int
        /// The probe it was part of, 0 for none. ``ProbeCluster/id``
        public var cluster: UInt8
        /// Whether an earlier report had it lost.
        public var wasLost: Bool
    }

    private enum Fate: UInt8 {
        case unknown
        case lost
        case received
    }

    private struct Entry: BitwiseCopyable {
        /// Microseconds, without those above 32 bits: some 71 minutes, far longer than an entry lives.
        var sentAt: UInt32
        var size: UInt16
        var cluster: UInt8
        var fate: UInt8
    }

    private static let smallest = 256
    private static let largest = 8192

    private var entries: ContiguousArray<Entry>
    /// The number that the next packet gets.
    private(set) var next: Int64 = 0
    /// The first packet that is still in the ring.
    private var first: Int64 = 0
    /// The newest packet that any feedback spoke of; what is newer is under way.
    private(set) var newestReported: Int64 = -1
    /// Bytes that left and that no feedback spoke of yet.
    public private(set) var bytesInFlight = 0

    public init() {
        entries = ContiguousArray(
            repeating: Entry(sentAt: 0, size: 0, cluster: 0, fate: 0), count: Self.smallest)
    }

    /// How many packets left that no feedback spoke of yet.
    public var packetsInFlight: Int { Int(next - 1 - newestReported) }

    /// Notes a packet that leaves now.
    /// - Returns: Its number, for the transport-wide sequence number extension.
    public mutating func append(size: Int, cluster: UInt8 = 0, at now: Instant) -> UInt16 {
        if next - first == Int64(entries.count) { makeRoom() }
        let micros = UInt32(truncatingIfNeeded: now.nanoseconds / 1000)
        let bounded = UInt16(clamping: size)
        entries[index(next)] = Entry(sentAt: micros, size: bounded, cluster: cluster, fate: 0)
        bytesInFlight += Int(bounded)
        next += 1
        return UInt16(truncatingIfNeeded: next - 1)
    }

    /// Takes one packet's fate from feedback.
    /// - Returns: The packet where this is news; `nil` for one that was never sent, is forgotten, or whose fate is
    ///   known.
    public mutating func settle(_ number: UInt16, isReceived: Bool, at now: Instant) -> Packet? {
        // Numbers are taken for the newest packet that can have had them.
        let behind = UInt16(truncatingIfNeeded: next) &- number
        guard behind != 0 else { return nil }
        let sequence = next - Int64(behind)
        guard sequence >= first else { return nil }
        if sequence > newestReported { report(through: sequence) }
        let place = index(sequence)
        let entry = entries[place]
        let wasLost = entry.fate == Fate.lost.rawValue
        guard entry.fate == Fate.unknown.rawValue || (wasLost && isReceived) else { return nil }
        entries[place].fate = (isReceived ? Fate.received : Fate.lost).rawValue
        return Packet(
            sequence: sequence, sentAt: time(of: entry, at: now), size: Int(entry.size),
            cluster: entry.cluster, wasLost: wasLost)
    }

    /// When the oldest packet left that no feedback spoke of.
    public func oldestInFlight(at now: Instant) -> Instant? {
        let oldest = max(newestReported + 1, first)
        guard oldest < next else { return nil }
        return time(of: entries[index(oldest)], at: now)
    }

    private func index(_ sequence: Int64) -> Int { Int(sequence) & (entries.count - 1) }

    private func time(of entry: Entry, at now: Instant) -> Instant {
        let age = UInt32(truncatingIfNeeded: now.nanoseconds / 1000) &- entry.sentAt
        // One that left after `now`, as a caller with a torn clock may claim, left now.
        guard age < 1 << 31 else { return now }
        return Instant(nanoseconds: (now.nanoseconds / 1000 - Int64(age)) * 1000)
    }

    private mutating func report(through sequence: Int64) {
        var passed = max(newestReported + 1, first)
        while passed <= sequence {
            bytesInFlight -= Int(entries[index(passed)].size)
            passed += 1
        }
        newestReported = sequence
    }

    /// Doubles the ring where the oldest packet in it is still under way, and forgets it otherwise.
    private mutating func makeRoom() {
        let isUnderWay = first > newestReported
        if isUnderWay, entries.count < Self.largest {
            var larger = ContiguousArray(
                repeating: Entry(sentAt: 0, size: 0, cluster: 0, fate: 0), count: entries.count * 2)
            for sequence in first..<next {
                larger[Int(sequence) & (larger.count - 1)] = entries[index(sequence)]
            }
            entries = larger
        } else {
            if isUnderWay {
                bytesInFlight -= Int(entries[index(first)].size)
                newestReported = first
            }
            first += 1
        }
    }
}
