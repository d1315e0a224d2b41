// SPDX-License-Identifier: Apache-2.0
public import EngineIO
public import EngineKit
public import JSON
public import SocketIOPackets

/// The namespaces of one Engine.IO session. Socket.IO protocol, revision 5.
///
/// What is sent in a joined namespace does not pass through here: the driver writes it below.
///
/// Invariant: events and acknowledgements come out only for a namespace that was accepted and not
/// left since; anything else from the client ends the connection, as in the official server.
public struct SocketIOConnection: Engine {
    public enum Input: Hashable, Sendable {
        case received(EngineIOMessage)
        /// The session below has begun.
        case opened
        /// The server lets the client into a namespace it asked for.
        /// - Parameter recoveryID: Under which the client may come back.
        case accept(namespace: String, id: String, recoveryID: RecoveryID? = nil)
        case refuse(namespace: String, message: String, data: JSONValue?)
        /// The server leaves a namespace.
        case disconnect(namespace: String)
        /// The session below is gone.
        case sessionClosed
        case tick
    }

    public enum Output: Hashable, Sendable {
        /// The client wants in: answer with `accept` or `refuse`.
        case connecting(namespace: String, auth: JSONObject?)
        case event(
            namespace: String, name: String, arguments: SocketIOArguments, id: SocketIOPacket.AckID?)
        case acknowledged(
            namespace: String, arguments: SocketIOArguments, id: SocketIOPacket.AckID)
        /// The client left, or was cut off.
        case disconnected(namespace: String, DisconnectReason)
        case send(SocketIOPacket)
        /// The client broke the protocol or never joined a namespace: close the session.
        case close
    }

    /// Why a client left a namespace, in the official server's words.
    public enum DisconnectReason: String, Hashable, Sendable {
        case client = "client namespace disconnect"
        case server = "server namespace disconnect"
        case transport = "transport close"
        case parseError = "parse error"
    }

    private enum Membership: Hashable, Sendable { case asking, joined }

    private struct Namespace {
        var name: String
        var membership: Membership
    }

    /// In order of arrival: an array, so that disconnects come out in the same order every run.
    private var namespaces: [Namespace] = []
    private let maxNamespaces: Int
    private let revision: EngineIORevision
    private var decoder: SocketIODecoder
    /// By when the client must have been let into a namespace.
    private var firstNamespaceDeadline: Instant?
    private var isClosed = false
    private var outputs = OutputQueue<Output>()

    /// - Parameters:
    ///   - connectTimeout: How long a client may stay without any namespace at first.
    ///   - maxNamespaces: Most namespaces it may be in or ask for at once.
    ///   - revision: Of Engine.IO below. Clients of revision 3 are those of Socket.IO 2: they are in the
    ///     main namespace without asking, see ``Input/opened``.
    public init(
        connectTimeout: Duration = .seconds(45), parser: SocketIOParser = .json,
        limits: SocketIODecoder.Limits = .init(), maxNamespaces: Int = 16,
        revision: EngineIORevision = .four, at now: Instant
    ) {
        self.revision = revision
        self.maxNamespaces = maxNamespaces
        decoder = SocketIODecoder(parser: parser, limits: limits)
        firstNamespaceDeadline = now.advanced(by: connectTimeout)
    }

    public var deadline: Instant? { isClosed ? nil : firstNamespaceDeadline }

    public mutating func poll() -> Output? { outputs.popFirst() }

    public mutating func handle(_ input: Input, at now: Instant) {
        guard !isClosed else { return }
        switch input {
        case .received(let message): received(message)
        case .opened: if revision == .three { ask("/", auth: nil) }
        case .accept(let name, let id, let recoveryID): accept(name, id: id, recoveryID)
        case .refuse(let name, let message, let data): refuse(name, message: message, data: data)
        case .disconnect(let name): disconnect(name)
        case .sessionClosed: end(.transport)
        case .tick:
            if let firstNamespaceDeadline, firstNamespaceDeadline <= now { fail() }
        }
    }

    // MARK: From the client

    private mutating func received(_ message: EngineIOMessage) {
        do {
            if let packet = try decoder.decode(message) { received(packet) }
        } catch {
            fail()
        }
    }

    private mutating func received(_ packet: SocketIOPacket) {
        let name = name(of: packet)
        switch packet.kind {
        case .connect(let auth):
            // A client of revision 3 is there already, and may say so.
            if revision == .three, name == "/" { return }
            guard membership(of: name) == nil, namespaces.count < maxNamespaces else { return fail() }
            ask(name, auth: auth)
        case .disconnect:
            guard membership(of: name) == .joined else { return fail() }
            forget(name)
            outputs.append(.disconnected(namespace: name, .client))
        case .event(let event, let arguments, let id):
            guard membership(of: name) == .joined else { return fail() }
            outputs.append(.event(namespace: name, name: event, arguments: arguments, id: id))
        case .ack(let arguments, let id):
            guard membership(of: name) == .joined else { return fail() }
            outputs.append(.acknowledged(namespace: name, arguments: arguments, id: id))
        case .connectError:
            fail()
        }
    }

    /// Clients of revision 3 put a query behind the name.
    private func name(of packet: SocketIOPacket) -> String {
        guard revision == .three, let end = packet.namespace.firstIndex(of: "?") else {
            return packet.namespace
        }
        return String(packet.namespace[..<end])
    }

    private mutating func ask(_ name: String, auth: JSONObject?) {
        namespaces.append(Namespace(name: name, membership: .asking))
        outputs.append(.connecting(namespace: name, auth: auth))
    }

    // MARK: From the server

    private mutating func accept(_ name: String, id: String, _ recoveryID: RecoveryID?) {
        guard let index = namespaces.firstIndex(where: { $0.name == name && $0.membership == .asking })
        else { return }
        namespaces[index].membership = .joined
        firstNamespaceDeadline = nil
        var answer = JSONObject([("sid", .string(id))])
        if let recoveryID { answer["pid"] = .string(recoveryID.rawValue) }
        outputs.append(
            .send(SocketIOPacket(.connect(revision == .three ? nil : answer), namespace: name)))
    }

    private mutating func refuse(_ name: String, message: String, data: JSONValue?) {
        guard membership(of: name) == .asking else { return }
        forget(name)
        var error = JSONObject([("message", .string(message))])
        if let data { error["data"] = data }
        let answer = revision == .three ? data ?? .string(message) : .object(error)
        outputs.append(.send(SocketIOPacket(.connectError(answer), namespace: name)))
    }

    private mutating func disconnect(_ name: String) {
        guard membership(of: name) == .joined else { return }
        forget(name)
        outputs.append(.send(SocketIOPacket(.disconnect, namespace: name)))
        outputs.append(.disconnected(namespace: name, .server))
    }

    // MARK: The end

    private mutating func fail() {
        end(.parseError)
        outputs.append(.close)
    }

    private mutating func end(_ reason: DisconnectReason) {
        guard !isClosed else { return }
        isClosed = true
        for namespace in namespaces where namespace.membership == .joined {
            outputs.append(.disconnected(namespace: namespace.name, reason))
        }
        namespaces = []
    }

    /// Whether the client waits for an answer about a namespace.
    public func isAsking(for name: String) -> Bool { membership(of: name) == .asking }

    private func membership(of name: String) -> Membership? {
        namespaces.first { $0.name == name }?.membership
    }

    private mutating func forget(_ name: String) { namespaces.removeAll { $0.name == name } }
}
