// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Redis

/// Asks Redis how many listen to a sharded channel.
final class RedisLinkCount: Sendable {
    private let loop: EventLoop
    private let link: LoopBound<RedisLink>

    init(_ url: RedisURL) throws {
        loop = try EventLoop.start(name: "count")
        link = LoopBound(RedisLink(url, on: loop), on: loop)
        link.execute { $0.open() }
    }

    deinit {
        link.execute { $0.close() }
        loop.stop()
    }

    func subscribers(of channel: String) async -> Int? {
        await withCheckedContinuation { continuation in
            link.execute {
                $0.countSubscribers(of: channel, sharded: true) {
                    continuation.resume(returning: try? $0.get())
                }
            }
        }
    }
}
