// SPDX-License-Identifier: Apache-2.0
public import JSON
public import SocketIOPackets
internal import Synchronization

/// An event a client sent, as it came.
public struct SocketEvent: Sendable {
    public let name: String
    public let arguments: SocketIOArguments
    /// Answers the client; `nil` when it wants no acknowledgement.
    public let acknowledgement: Acknowledgement?

    /// Answers the client, if it wants an answer.
    public func acknowledge(_ arguments: SocketIOArguments = []) { acknowledgement?.send(arguments) }
}

/// The answer a client waits for. The first call counts, later ones do nothing.
public final class Acknowledgement: Sendable {
    private let socket: Socket
    private let id: SocketIOPacket.AckID
    private let isSent = Atomic<Bool>(false)

    init(_ id: SocketIOPacket.AckID, to socket: Socket) {
        self.id = id
        self.socket = socket
    }

    public func send(_ arguments: SocketIOArguments = []) {
        guard !isSent.exchange(true, ordering: .relaxed) else { return }
        socket.acknowledge(id, arguments)
    }
}

/// Why a socket left its namespace, in the official server's words.
public enum DisconnectReason: String, Hashable, Sendable {
    /// The client left the namespace.
    case client = "client namespace disconnect"
    /// The server made it leave the namespace, or closed the connection and said so.
    case server = "server namespace disconnect"
    /// The server closed the connection without leaving the namespace.
    case forcedServerClose = "forced server close"
    case forcedClose = "forced close"
    case transportClose = "transport close"
    case transportError = "transport error"
    case pingTimeout = "ping timeout"
    case parseError = "parse error"
    case shuttingDown = "server shutting down"
    /// It sent more than ``SessionLimits`` allow.
    case tooManyMessages = "too many messages"
}

/// Keeps a socket out of a namespace. Its client gets `connect_error` with the message and the data.
public struct ConnectRefusal: Error, Hashable, Sendable {
    public var message: String
    public var data: JSONValue?

    public init(_ message: String, data: JSONValue? = nil) {
        self.message = message
        self.data = data
    }
}

/// Why an acknowledgement did not come.
public enum AckError: Error, Hashable, Sendable, CustomStringConvertible {
    case timedOut
    /// The socket left before it answered.
    case disconnected(DisconnectReason)
    /// The answer is there but is not of the type asked for; why.
    case unexpected(String)

    public var description: String {
        switch self {
        case .timedOut: "operation has timed out"
        case .disconnected(let reason): "socket has been disconnected: \(reason.rawValue)"
        case .unexpected(let why): "unexpected answer: \(why)"
        }
    }
}

/// What a handler or the server did wrong that no caller can be told of; see ``Socket/onError(_:)``.
public enum SocketError: Error, Hashable, Sendable {
    /// ``SocketServerOptions/maxRooms``.
    case tooManyRooms
    /// ``SocketServerOptions/maxTasks``; the client's connection is closed.
    case tooManyTasks
    /// The client broke the protocol; its connection is closed.
    case parseError
}

/// How a client came: fixed when it asked for the namespace.
public struct SocketHandshake: Sendable {
    /// What it sent with the request for the namespace.
    public let auth: JSONObject
    let origin: SessionOrigin

    /// The path and, without `?`, the query of the request that began the session.
    public var path: String { origin.path }
    public var query: String { origin.query }
    /// The fields of ``SocketServerOptions/keptHeaders``, names in lower case.
    public var headers: [String: String] { origin.headers }
    /// The client's, without the port.
    public var address: String { origin.address }
    public var isSecure: Bool { origin.isSecure }
    /// Host and port by which the client reached the server; empty when unknown.
    package var authority: String { origin.authority }
    /// Whether a page of another origin asked.
    public var isCrossOrigin: Bool { origin.isCrossOrigin }
    /// Milliseconds since 1970.
    public var issued: Int64 { origin.issued }
}
