// SPDX-License-Identifier: Apache-2.0
internal import ICE
internal import Synchronization

/// What one loop has for another at the end of a turn: datagrams of connections that live there, frames for streams
/// that are held there, and news of paths.
///
/// The kernel spreads clients over the loops' sockets without knowing of meetings, so what comes in is copied once,
/// here, where the meeting lives on another loop. What goes out never is.
///
/// `@unchecked Sendable`: it is one loop's until it is delivered, and then the other's, which uses it again for what it
/// has to say itself.
@safe final class MediaParcel: @unchecked Sendable {
    /// What follows in ``bytes``.
    struct Packet: BitwiseCopyable {
        enum Way: UInt8, BitwiseCopyable { case received, toSend }
        var path: MediaPath
        var way: Way
        var start: Int
        var count: Int
    }

    /// A path is this loop's from now on, or nobody's.
    struct News: BitwiseCopyable {
        var path: MediaPath
        var isMine: Bool
    }

    private(set) var packets: ContiguousArray<Packet> = []
    var news: ContiguousArray<News> = []
    private var bytes: UnsafeMutableRawPointer
    private var capacity = 1 << 16
    private var used = 0
    /// From where it comes.
    var sender = 0
    fileprivate var lane: MediaLane?

    init() { unsafe bytes = .allocate(byteCount: capacity, alignment: 16) }

    deinit { unsafe bytes.deallocate() }

    var isEmpty: Bool { packets.isEmpty && news.isEmpty }

    /// What its packets take of memory, in bytes.
    var weight: Int { used + packets.count * MemoryLayout<Packet>.stride }

    fileprivate func add(_ payload: UnsafeRawBufferPointer, _ way: Packet.Way, _ path: MediaPath) {
        guard let source = payload.baseAddress else { return }
        if used + payload.count > capacity { grow(to: used + payload.count) }
        unsafe (bytes + used).copyMemory(from: source, byteCount: payload.count)
        packets.append(Packet(path: path, way: way, start: used, count: payload.count))
        used += (payload.count + 15) & ~15
    }

    private func grow(to needed: Int) {
        capacity = max(capacity * 2, needed)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        unsafe larger.copyMemory(from: bytes, byteCount: min(used, capacity))
        unsafe bytes.deallocate()
        unsafe bytes = larger
    }

    func content(_ packet: Packet) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: bytes + packet.start, count: packet.count)
    }

    /// Empties it, and keeps its memory. It has arrived.
    func clear() {
        lane?.arrived(weight)
        lane = nil
        packets.removeAll(keepingCapacity: packets.count <= 4096)
        news.removeAll(keepingCapacity: news.count <= 256)
        used = 0
        guard capacity > 1 << 20 else { return }
        unsafe bytes.deallocate()
        capacity = 1 << 16
        unsafe bytes = .allocate(byteCount: capacity, alignment: 16)
    }
}

/// The way from one loop to another. Media that is late is of no use: what does not fit is dropped.
final class MediaLane: Sendable {
    /// What may be on its way, in bytes: as much as a listening socket's buffer holds.
    static let capacity = 4 << 20

    private let underWay = Atomic(0)

    /// Adds a packet to what leaves next, unless too much is on its way already.
    ///
    /// - Returns: Whether there was room.
    func add(
        _ payload: UnsafeRawBufferPointer, _ way: MediaParcel.Packet.Way, _ path: MediaPath,
        in parcel: MediaParcel
    ) -> Bool {
        guard underWay.load(ordering: .relaxed) + parcel.weight < Self.capacity else { return false }
        unsafe parcel.add(payload, way, path)
        return true
    }

    /// The parcel leaves. It arrives when it is cleared.
    func send(_ parcel: MediaParcel) {
        underWay.add(parcel.weight, ordering: .relaxed)
        parcel.lane = self
    }

    fileprivate func arrived(_ weight: Int) { underWay.subtract(weight, ordering: .relaxed) }
}
