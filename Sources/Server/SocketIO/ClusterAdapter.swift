// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
public import Signalling
public import SocketIOCluster

/// What makes several servers act as one: broadcasts reach the sockets of all, and each can ask the
/// others. ``RedisAdapter`` is one.
///
/// Everything may be called from any thread, and returns without waiting for the others.
public protocol ClusterAdapter: Sendable {
    /// Called once, before anything else. The server passes what others want of it to
    /// ``Namespace/perform(_:answer:)``.
    func start(for server: SocketServer)
    /// Says goodbye to the others. Nothing is called afterwards.
    func stop()

    func opened(_ namespace: Namespace)
    func closed(_ namespace: Namespace)
    /// The first socket of an event loop has entered a room. Each loop reports for itself.
    func opened(room: String, in namespace: Namespace)
    /// The last socket of an event loop has left a room.
    func closed(room: String, in namespace: Namespace)

    /// Tells all other servers.
    func send(_ message: ClusterMessage, in namespace: Namespace)
    /// Asks all other servers. Ends in bounded time, with the answers there are by then.
    func ask(_ query: ClusterNode.Query, in namespace: Namespace) async -> ClusterResult
}

extension ClusterTarget {
    init(_ target: BroadcastTarget, _ flags: SendFlags, timeout: Duration? = nil) {
        self.init(
            rooms: target.rooms, except: target.except, isVolatile: flags.isVolatile,
            compress: flags.isCompressed ? nil : false, timeout: timeout?.milliseconds)
    }
}

extension BroadcastTarget {
    init(_ target: ClusterTarget) { self.init(rooms: target.rooms, except: target.except) }
}

extension SendFlags {
    init(_ target: ClusterTarget) {
        self.init(isVolatile: target.isVolatile, isCompressed: target.compress ?? true)
    }
}

extension Namespace {
    /// Tells the other servers, if there are any.
    func tellOthers(_ message: @autoclosure () -> ClusterMessage) {
        guard let cluster = server.cluster else { return }
        cluster.send(message(), in: self)
    }

    /// - Returns: `nil` for a server that is alone.
    func askOthers(_ query: ClusterNode.Query) async -> ClusterResult? {
        await server.cluster?.ask(query, in: self)
    }
}
