// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import NetworkAddresses
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

    /// Empties it, and keeps its memory.
    func clear() {
        packets.removeAll(keepingCapacity: bytes.count <= Self.keptBytes)
        bytes.removeAll(keepingCapacity: bytes.count <= Self.keptBytes)
        routes.removeAll(keepingCapacity: routes.count <= 64)
    }
}
