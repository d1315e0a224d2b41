// SPDX-License-Identifier: Apache-2.0
internal import Signalling
public import SocketIOCluster
public import SocketIOPackets

extension Broadcast {
    /// The sockets of all servers, described.
    ///
    /// Servers that do not answer within five seconds are left out, and counted in
    /// ``ClusterListing/silentServers``.
    public func fetchSockets() async -> ClusterListing<ClusterSocket> {
        let (namespace, target, flags) = (namespace, target, flags)
        async let here = namespace.summaries(in: target)
        guard !flags.isLocal, let others = await namespace.askOthers(.fetch(ClusterTarget(target, flags)))
        else {
            return ClusterListing(await here)
        }
        return ClusterListing(await here + others.sockets, others)
    }
}

/// What the servers of a cluster listed together.
public struct ClusterListing<Element: Sendable>: RandomAccessCollection, Sendable {
    private let elements: [Element]
    /// Servers that were asked and did not answer in time.
    public let silentServers: Int
    /// Whether every server has answered. False as well when nobody could be asked.
    public let isComplete: Bool

    init(_ elements: [Element], _ result: ClusterResult? = nil) {
        self.elements = elements
        silentServers = result?.silentCount ?? 0
        isComplete = result?.isComplete ?? true
    }

    public var startIndex: Int { elements.startIndex }
    public var endIndex: Int { elements.endIndex }
    public subscript(_ index: Int) -> Element { elements[index] }
}

extension Namespace {
    /// See ``Broadcast/fetchSockets()``.
    public func fetchSockets() async -> ClusterListing<ClusterSocket> { await all.fetchSockets() }

    /// The rooms of all servers' sockets. A socket's id is a room of its own.
    ///
    /// The sharded Redis format cannot ask for rooms: there, only those of this server are listed.
    public func allRooms() async -> ClusterListing<String> {
        async let here = localRooms()
        guard let others = await askOthers(.allRooms) else { return ClusterListing(await here.sorted()) }
        return ClusterListing(await here.union(others.rooms).sorted(), others)
    }

    /// Handles an event that other servers send to servers. What it returns answers those who ask; only
    /// the first argument travels. One handler for each name: the last counts.
    public func onServerEvent(
        _ name: String, _ handler: @escaping @Sendable (SocketIOArguments) async -> SocketIOArguments
    ) {
        serverEvents[name] = handler
    }

    /// Sends an event to all other servers, not to clients.
    public func serverSideEmit(_ name: String, arguments: SocketIOArguments) {
        tellOthers(.serverSideEmit(name, arguments, nil))
    }

    /// Sends an event to all other servers and gathers their answers.
    public func serverSideEmitWithAck(
        _ name: String, arguments: SocketIOArguments
    ) async -> ClusterListing<SocketIOArguments> {
        let others = await askOthers(.serverSideEmit(name, arguments))
        return ClusterListing(others?.answers ?? [], others)
    }
}
