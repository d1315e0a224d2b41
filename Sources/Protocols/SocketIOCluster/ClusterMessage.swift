// SPDX-License-Identifier: Apache-2.0
public import ByteCoding
public import SocketIOPackets

/// One node of a cluster: a namespace of a server process.
public struct ClusterNodeID: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// What programs that only send, and serve nobody, call themselves.
    public static let emitter = ClusterNodeID(rawValue: "emitter")

    public var description: String { rawValue }
}

/// Names a request among those its sender waits for.
public struct ClusterRequestID: Hashable, Sendable, RawRepresentable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What the nodes of a cluster tell each other about one namespace.
public enum ClusterMessage: Hashable, Sendable {
    // MARK: To every node, unanswered

    /// The packet is an event without an id.
    case broadcast(SocketIOPacket, ClusterTarget)
    case join([String], ClusterTarget)
    case leave([String], ClusterTarget)
    /// `closing` ends the whole connection, not only its part in the namespace.
    case disconnect(ClusterTarget, closing: Bool)
    /// An event for the servers themselves. With an id, every node answers ``serverSideReply(_:_:)``.
    case serverSideEmit(String, SocketIOArguments, ClusterRequestID?)

    // MARK: Requests

    /// Every node answers ``clientCount(_:_:)``, and then ``acknowledged(_:_:)`` for each client that does.
    case broadcastWithAck(SocketIOPacket, ClusterTarget, ClusterRequestID)
    /// Every node answers ``fetched(_:_:)``.
    case fetch(ClusterTarget, ClusterRequestID)
    /// Every node answers ``rooms(_:_:)``. Not in the sharded format.
    case allRooms(ClusterRequestID)
    /// Every node answers ``socketIDs(_:_:)``. Of old servers; not in the sharded format.
    case listSocketIDs(rooms: [String], ClusterRequestID)

    // MARK: Answers

    /// How many clients of the node got the packet.
    case clientCount(Int, ClusterRequestID)
    /// What one client acknowledged with: one argument, or none.
    case acknowledged(SocketIOArguments, ClusterRequestID)
    case fetched([ClusterSocket], ClusterRequestID)
    case rooms([String], ClusterRequestID)
    case socketIDs([String], ClusterRequestID)
    /// What one node answered with: one argument, or none.
    case serverSideReply(SocketIOArguments, ClusterRequestID)
    /// An old server's answer to a request of its own kind that has no content.
    case done(ClusterRequestID)

    // MARK: Presence, in the sharded format

    /// A node is new and wants everybody's heartbeat.
    case initialHeartbeat
    case heartbeat
    case leaving

    /// The request that this is an answer to.
    public var answeredRequest: ClusterRequestID? {
        switch self {
        case .clientCount(_, let id), .acknowledged(_, let id), .fetched(_, let id), .rooms(_, let id),
            .socketIDs(_, let id), .serverSideReply(_, let id), .done(let id):
            id
        default: nil
        }
    }
}

/// A message and who sent it.
public struct ClusterEnvelope: Hashable, Sendable {
    /// `nil` where the format does not say: answers of the classic format, and some of the emitter's requests.
    public var sender: ClusterNodeID?
    public var message: ClusterMessage

    public init(from sender: ClusterNodeID?, _ message: ClusterMessage) {
        self.sender = sender
        self.message = message
    }
}

/// What to publish, and where.
public struct ClusterPublication: Hashable, Sendable {
    public var channel: String
    public var bytes: [UInt8]

    public init(channel: String, bytes: [UInt8]) {
        self.channel = channel
        self.bytes = bytes
    }
}

/// How the messages about one namespace are written, and on which channels.
public protocol ClusterFormat: Sendable {
    /// This node, as the format's messages name it.
    var node: ClusterNodeID { get }
    var namespace: String { get }

    /// Whether nodes make themselves known by heartbeats.
    var hasHeartbeats: Bool { get }
    /// The channel that every node of the namespace is subscribed to.
    var countedChannel: String { get }

    /// - Parameter recipient: For answers, who asked.
    /// - Returns: `nil` when the format has no such message.
    func encode(_ message: ClusterMessage, to recipient: ClusterNodeID?) -> ClusterPublication?

    /// - Returns: `nil` when the channel, or what the message says of itself, is of another namespace.
    func decode(_ publication: ClusterPublication) throws(DecodeError) -> ClusterEnvelope?
}
