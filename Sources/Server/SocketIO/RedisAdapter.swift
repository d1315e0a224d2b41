// SPDX-License-Identifier: Apache-2.0
internal import EventLoops
internal import Glibc
public import Redis
public import Signalling
public import SocketIOCluster
internal import Synchronization
public import SystemCalls

/// Joins servers through Redis, in the formats of `@socket.io/redis-adapter`: Node.js servers with that
/// adapter share rooms with this one, and `@socket.io/redis-emitter` reaches both.
///
/// ```swift
/// let io = SocketServer()
/// io.join(try RedisAdapter(RedisURL("redis://localhost")))
/// ```
///
/// While Redis is away, every server goes on serving its own sockets; what was meant for others
/// waits for a few seconds and is then lost, as is what others sent. The link comes back by itself.
public final class RedisAdapter: ClusterAdapter {
    public enum Format: Hashable, Sendable {
        /// `createAdapter`: any Redis. Every server gets every message.
        case classic
        /// `createShardedAdapter`: Redis 7 and later, with messages to one room on channels of their own.
        case sharded(ShardedRedisFormat.RoomChannels)
    }

    public struct Options: Sendable {
        public var format = Format.classic
        /// Begins the name of every channel. The same for all servers.
        public var prefix = "socket.io"
        /// `publishOnSpecificResponseChannel` of the original; the classic format only.
        public var answersOnOwnChannel = false
        public var link = RedisOptions()
        public var node = ClusterNode.Configuration()
        /// Told, on a thread of the adapter's own, when Redis goes, is slow or comes back. At first it
        /// writes a line to standard error.
        public var onStateChange: @Sendable (RedisLinkState) -> Void = { state in
            let line = Array("socketio: Redis is \(state)\n".utf8)
            _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }

        public init() {}
    }

    /// What has happened so far.
    public struct Counters: Hashable, Sendable {
        /// Messages that Redis took.
        public var published = 0
        /// Messages that Redis did not take, because it was away or behind.
        public var lost = 0
        /// Messages that came.
        public var received = 0
        /// Messages that follow no format, and were dropped.
        public var refused = 0
    }

    private let loop: EventLoop
    private let hub: LoopBound<RedisHub>

    /// Prepares a link; it is opened when a server joins.
    /// - Throws: when no thread can be started.
    public init(_ url: RedisURL, options: Options = Options()) throws(SystemCallError) {
        loop = try EventLoop.start(name: "socketio-redis")
        hub = LoopBound(RedisHub(url, options, on: loop), on: loop)
    }

    deinit {
        hub.execute { $0.stop() }
        // Stopping takes another turn of the loop, and must be over before the loop is.
        let loop = loop
        loop.execute { loop.execute { loop.stop() } }
    }

    public func start(for server: SocketServer) { hub.execute { $0.open() } }

    public func stop() { hub.execute { $0.stop() } }

    public func opened(_ namespace: Namespace) { hub.execute { $0.open(namespace) } }

    public func closed(_ namespace: Namespace) { hub.execute { $0.close(namespace) } }

    public func opened(room: String, in namespace: Namespace) {
        hub.execute { $0.member(namespace)?.opened(room: room) }
    }

    public func closed(room: String, in namespace: Namespace) {
        hub.execute { $0.member(namespace)?.closed(room: room) }
    }

    public func send(_ message: ClusterMessage, in namespace: Namespace) {
        hub.execute { $0.member(namespace)?.handle(.send(message)) }
    }

    public func ask(_ query: ClusterNode.Query, in namespace: Namespace) async -> ClusterResult {
        await withCheckedContinuation { continuation in
            hub.execute { hub in
                guard let member = hub.member(namespace) else {
                    return continuation.resume(returning: ClusterResult())
                }
                member.ask(query) { continuation.resume(returning: $0) }
            }
        }
    }

    public func counters() async -> Counters {
        await withCheckedContinuation { continuation in
            hub.execute { continuation.resume(returning: $0.counters) }
        }
    }

    /// How the link is doing.
    public func state() async -> RedisLinkState {
        await withCheckedContinuation { continuation in
            hub.execute { continuation.resume(returning: $0.state) }
        }
    }
}
