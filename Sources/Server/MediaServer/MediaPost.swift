// SPDX-License-Identifier: Apache-2.0
internal import ICE

/// What one loop has for the others, and for streams of its own.
///
/// Confined to its loop.
final class MediaPost {
    /// Which loop this is.
    let number: Int
    private let lanes: [MediaLane]
    private var parcels: [MediaParcel]
    /// What other loops gave, to be filled again.
    private var spare: [MediaParcel] = []
    private static let mostSpare = 16
    /// Datagrams that were dropped, because another loop was behind.
    private(set) var drops: UInt64 = 0
    private(set) var isWaiting = false

    init(number: Int, loops: Int) {
        self.number = number
        lanes = (0..<loops).map { _ in MediaLane() }
        parcels = (0..<loops).map { _ in MediaParcel() }
    }

    /// The loop that holds a stream, by its number.
    static func loop(of stream: UInt32) -> Int { Int(stream >> 24) }

    func add(
        _ payload: UnsafeRawBufferPointer, _ way: MediaParcel.Packet.Way, _ path: MediaPath, to loop: Int
    ) {
        guard loop < lanes.count, unsafe lanes[loop].add(payload, way, path, in: parcels[loop]) else {
            drops += 1
            return
        }
        isWaiting = true
    }

    /// Puts the datagrams of a run on their way to the stream of `path`.
    func add(run: UnsafeRawBufferPointer, segment: Int, _ path: MediaPath) {
        let loop = Self.loop(of: path.stream)
        let size = segment > 0 ? segment : max(run.count, 1)
        var start = 0
        while start < run.count {
            let end = min(start + size, run.count)
            unsafe add(UnsafeRawBufferPointer(rebasing: run[start..<end]), .toSend, path, to: loop)
            start = end
        }
    }

    /// Tells all other loops whose path it is.
    func announce(_ path: MediaPath, isMine: Bool) {
        // Streams name their loop themselves.
        guard parcels.count > 1, path.stream == 0 else { return }
        for loop in parcels.indices where loop != number {
            parcels[loop].news.append(.init(path: path, isMine: isMine))
        }
        isWaiting = true
    }

    /// Hands over everything.
    func sendAll(_ deliver: (MediaParcel, Int) -> Void) {
        guard isWaiting else { return }
        isWaiting = false
        for loop in parcels.indices where !parcels[loop].isEmpty {
            let parcel = parcels[loop]
            parcels[loop] = spare.popLast() ?? MediaParcel()
            parcel.sender = number
            lanes[loop].send(parcel)
            deliver(parcel, loop)
        }
    }

    /// Takes back the memory of a parcel that has been read.
    func recycle(_ parcel: MediaParcel) {
        parcel.clear()
        if spare.count < Self.mostSpare { spare.append(parcel) }
    }
}
