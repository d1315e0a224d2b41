// SPDX-License-Identifier: Apache-2.0
public import EventLoops
public import RelayServer
internal import Synchronization

/// The forwarding of media in a process: a ``MediaWorker`` on each event loop, beside the relay's and at its sockets.
///
/// A meeting's media belong to one loop. What comes to another loop's socket is handed over; what leaves is sent by the
/// loop of the meeting, from its own socket of the same address.
public final class MediaService: Sendable {
    let loops: [EventLoop]
    private let workers = Mutex<[LoopBound<MediaWorker>]>([])

    init(loops: [EventLoop]) { self.loops = loops }

    /// Starts a worker on each loop of a relay that is running.
    public static func start(at relay: RelayService, _ options: MediaOptions) -> MediaService {
        let places = relay.workersOfLoops
        let service = MediaService(loops: places.map { $0.loop })
        let workers = places.map { place in
            place.wait { LoopBound(MediaWorker(at: $0, of: service, options), on: place.loop) }
        }
        service.workers.withLock { $0 = workers }
        for worker in workers { worker.wait { $0.start() } }
        return service
    }

    /// The worker of each loop, in the order of the relay's.
    public var all: [LoopBound<MediaWorker>] { workers.withLock(\.self) }

    /// The worker of a loop.
    public func worker(on loop: EventLoop) -> LoopBound<MediaWorker>? { all.first { $0.loop === loop } }

    func deliver(_ parcel: MediaParcel, to loop: Int) {
        let worker = workers.withLock { loop < $0.count ? $0[loop] : nil }
        worker?.execute { $0.take(parcel) }
    }

    /// Ends every connection, and returns when that is done. Never on a loop.
    public func stopAndWait() {
        let workers = workers.withLock { workers in
            defer { workers = [] }
            return workers
        }
        for worker in workers { worker.wait { $0.stop() } }
    }
}
