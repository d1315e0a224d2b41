// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import NetworkAddresses
internal import Synchronization
internal import TURNRelay

/// What one loop has for another at the end of a turn: packets between two of this server's allocations, which never
/// see the kernel, and news of relayed addresses.
///
/// `@unchecked Sendable`: it is one loop's until it is delivered, and then the other's, which uses it again for what it
/// has to say itself.
final class LoopParcel: @unchecked Sendable {
    struct Packet: Sendable, BitwiseCopyable {
        var to: RelayID
        var from: SocketAddress
        /// Where the payload is in ``LoopParcel/bytes``; ``LoopParcel/room`` bytes are free in front of it, and padding
        /// behind.
        var start: Int
        var count: Int
        var trafficClass: UInt8
    }

    static let room = DatagramBatch.headroom

    private(set) var packets: [Packet] = []
    private var bytes: [UInt8] = []
    /// `nil` for a relayed address that is gone.
    var routes: [(SocketAddress, RelayRoute?)] = []

    var isEmpty: Bool { packets.isEmpty && routes.isEmpty }

    /// What its packets take of memory, in bytes.
    var weight: Int { bytes.count + packets.count * MemoryLayout<Packet>.stride }

    /// Where it is on its way.
    fileprivate var lane: HandOverLane?

    func add(
        _ payload: UnsafeRawBufferPointer, from: SocketAddress, to: RelayID, trafficClass: UInt8
    ) {
        let start = bytes.count + Self.room
        bytes.append(contentsOf: repeatElement(0, count: Self.room))
        unsafe bytes.append(contentsOf: payload)
        bytes.append(contentsOf: repeatElement(0, count: DatagramBatch.padding))
        packets.append(
            Packet(to: to, from: from, start: start, count: payload.count, trafficClass: trafficClass))
    }

    /// Calls `body` with each packet, and with the memory that it is in.
    func forEachPacket(_ body: (Packet, UnsafeMutableRawBufferPointer) -> Void) {
        unsafe bytes.withUnsafeMutableBytes { bytes in
            for packet in packets { unsafe body(packet, bytes) }
        }
    }

    /// More than this is not kept for the next time.
    private static let keptBytes = 1 << 18

    /// Empties it, and keeps its memory. It has arrived.
    func clear() {
        lane?.arrived(weight)
        lane = nil
        packets.removeAll(keepingCapacity: bytes.count <= Self.keptBytes)
        bytes.removeAll(keepingCapacity: bytes.count <= Self.keptBytes)
        routes.removeAll(keepingCapacity: routes.count <= 64)
    }
}

/// The way from one loop to another: one for each pair, so that no sender fills the way of others.
///
/// A loop that is slower than those that send to it would otherwise be given more than it can ever take. Media that is
/// late is of no use: what does not fit is dropped.
final class HandOverLane: Sendable {
    /// What may be on its way, in bytes: as much as a listening socket's buffer holds.
    static let capacity = 4 << 20

    private let underWay = Atomic(0)

    /// Adds a packet to what leaves next, unless too much is on its way already.
    ///
    /// - Returns: Whether there was room.
    func add(
        _ payload: UnsafeRawBufferPointer, from: SocketAddress, to: RelayID, trafficClass: UInt8,
        in parcel: LoopParcel
    ) -> Bool {
        guard underWay.load(ordering: .relaxed) + parcel.weight < Self.capacity else { return false }
        unsafe parcel.add(payload, from: from, to: to, trafficClass: trafficClass)
        return true
    }

    /// The parcel leaves. It arrives when it is cleared.
    func send(_ parcel: LoopParcel) {
        underWay.add(parcel.weight, ordering: .relaxed)
        parcel.lane = self
    }

    fileprivate func arrived(_ weight: Int) { underWay.subtract(weight, ordering: .relaxed) }
}
