// SPDX-License-Identifier: Apache-2.0
internal import EngineIO
internal import EngineKit
internal import EventLoops
internal import JSON
internal import Signalling
internal import SocketIOPackets
internal import WebServer
internal import WebSocket

/// The Socket.IO connection above one Engine.IO session: its namespaces and their sockets.
final class SocketSession: EngineSessionUser {
    private unowned let session: EngineSession
    private unowned let hub: Hub
    private var connection: SocketIOConnection
    /// One for each namespace the client is in or asks for.
    private var sockets: [Socket] = []
    private var endReason = DisconnectReason.transportClose
    /// Namespaces about which somebody outside has yet to decide.
    private var undecided = 0 {
        didSet { hub.admission.waits(undecided - oldValue, session.allowance) }
    }

    init(above session: EngineSession) {
        self.session = session
        hub = session.hub
        connection = SocketIOConnection(
            hub.server.options, revision: session.revision, at: hub.loop.now)
    }

    var id: String { session.id }
    var transport: EngineIOTransport? { session.transport }
    var backlog: Int { session.backlog }
    var deadline: Instant? { connection.deadline }

    // MARK: The session below

    func received(_ message: EngineIOMessage) { handle(.received(message)) }

    func tick() { handle(.tick) }

    func opened() { handle(.opened) }

    func upgraded() {
        guard let transport else { return }
        for socket in sockets where socket.isConnected { socket.feed?.upgraded(socket, to: transport) }
    }

    func ponged() { for socket in sockets where socket.isConnected { socket.confirmed() } }

    func closed(_ reason: DisconnectReason) {
        endReason = reason
        handle(.sessionClosed)
        // Those that middlewares still look at.
        for socket in sockets { socket.ended(reason) }
        sockets = []
        undecided = 0
    }

    private func handle(_ input: consuming SocketIOConnection.Input) {
        connection.handle(input, at: hub.loop.now)
        // Performing one may lead back here, which then performs the others first: still in order.
        while let output = connection.poll() { perform(output) }
    }

    // MARK: For sockets, which are in their namespaces

    /// Sends a packet to this client alone.
    func send(_ packet: SocketIOPacket) {
        let parser = hub.server.options.parser
        guard parser == .json, packet.attachments.isEmpty, let webSocket = session.openCarrier else {
            return session.send(packet.messages(in: parser))
        }
        // The type of an Engine.IO message, then the packet, without a copy in between.
        var text: [UInt8] = []
        text.reserveCapacity(64)
        text.append(UInt8(ascii: "4"))
        packet.encodeHeader(into: &text)
        hub.traffic?.sent(text.count - 1)
        webSocket.send(text: text)
    }

    func send(_ packet: PreparedPacket, _ flags: SendFlags) {
        if flags.isVolatile, !session.isWritable {
            hub.dropped += 1
        } else if let webSocket = session.openCarrier {
            hub.traffic?.sent(packet.messages)
            for frame in packet.webSocketFrames { webSocket.send(frame: frame) }
        } else {
            session.send(packet.messages, .init(compress: flags.isCompressed))
        }
    }

    func leave(_ namespace: String) { handle(.disconnect(namespace: namespace)) }

    /// Leaves every namespace, so that the client knows that it is not to come back by itself, and
    /// closes.
    func close() {
        for socket in sockets where socket.isConnected { leave(socket.namespace.name) }
        session.close()
    }

    /// Ends the connection without leaving the namespaces.
    func end(_ reason: DisconnectReason) { session.close(reason) }

    // MARK: Namespaces

    private func perform(_ output: SocketIOConnection.Output) {
        switch output {
        case .event(let namespace, let name, let arguments, let id):
            guard let socket = socket(in: namespace) else { return }
            hub.received += 1
            socket.received(
                SocketEvent(
                    name: name, arguments: arguments,
                    acknowledgement: id.map { Acknowledgement($0, to: socket) }))
        case .connecting(let namespace, let auth): connecting(namespace, auth)
        case .acknowledged(let namespace, let arguments, let id):
            socket(in: namespace)?.acknowledged(id, arguments)
        case .disconnected(let namespace, let reason): disconnected(namespace, reason)
        case .send(let packet): send(packet)
        case .close: session.close(.parseError)
        }
    }

    private func socket(in namespace: String) -> Socket? {
        sockets.first { $0.namespace.name == namespace }
    }

    private func disconnected(_ namespace: String, _ reason: SocketIOConnection.DisconnectReason) {
        guard let index = sockets.firstIndex(where: { $0.namespace.name == namespace }) else { return }
        let socket = sockets.remove(at: index)
        decided(on: socket)
        switch reason {
        case .client: socket.ended(.client)
        case .server: socket.ended(.server)
        case .transport: socket.ended(endReason)
        case .parseError:
            socket.failed(SocketError.parseError)
            socket.ended(.parseError)
        }
    }

    private func connecting(_ name: String, _ auth: JSONObject?) {
        guard hub.admission.mayWait(session.allowance) else {
            hub.admission.count(.storm)
            return refuse(name, ConnectRefusal("The server is busy."))
        }
        if let (namespace, claim) = hub.server.namespace(name) {
            return enter(Entrance(namespace: namespace, claim: claim, auth: auth))
        }
        guard hub.server.hasFamilies else { return refuse(name, ConnectRefusal("Invalid namespace")) }
        let server = hub.server
        let session = LoopBound(WeakReference(self), on: hub.loop)
        undecided += 1
        Task {
            let claimed = await server.namespace(name, auth: auth)
            session.execute { weak in
                guard let session = weak.object, session.undecided > 0 else { return }
                session.undecided -= 1
                guard let (namespace, claim) = claimed else {
                    return session.refuse(name, ConnectRefusal("Invalid namespace"))
                }
                session.enter(Entrance(namespace: namespace, claim: claim, auth: auth))
            }
        }
    }

    private func refuse(_ name: String, _ refusal: ConnectRefusal) {
        hub.admission.count(.namespace)
        handle(.refuse(namespace: name, message: refusal.message, data: refusal.data))
    }

    private func enter(_ entrance: Entrance) {
        guard connection.isAsking(for: entrance.namespace.name) else { return }
        guard let recovery = entrance.namespace.recovery, let id = entrance.recoveryID else {
            return enterAnew(entrance)
        }
        let (restoration, end) = recovery.restore(id, after: entrance.offset)
        switch restoration {
        case .restored(let restored): restore(restored, until: end, entrance)
        case .live(let id): takeOver(id, entrance)
        case .unknown, .incomplete: enterAnew(entrance)
        }
    }

    /// The client's former connection still looks alive: ends it wherever it is, then tries again.
    private func takeOver(_ id: String, _ entrance: Entrance) {
        let hubs = hub.server.hubs
        let session = LoopBound(WeakReference(self), on: hub.loop)
        Task {
            for hub in hubs {
                await hub.loop.run {
                    hub.use {
                        $0.knownLocal(entrance.namespace)?.sockets[id]?.endConnection(.transportClose)
                    }
                }
            }
            session.execute { weak in weak.object?.enterAfterTakeOver(entrance) }
        }
    }

    private func enterAfterTakeOver(_ entrance: Entrance) {
        guard connection.isAsking(for: entrance.namespace.name),
            let recovery = entrance.namespace.recovery, let id = entrance.recoveryID
        else { return }
        let (restoration, end) = recovery.restore(id, after: entrance.offset)
        guard case .restored(let restored) = restoration else { return enterAnew(entrance) }
        restore(restored, until: end, entrance)
    }

    /// What it missed goes first, then the answer; the rooms are real before anything else is sent.
    private func restore(_ restored: Recovery.Log.Restored, until end: Int, _ entrance: Entrance) {
        guard fits(restored.missed) else {
            if let id = entrance.recoveryID { entrance.namespace.recovery?.forget(id) }
            return enterAnew(entrance)
        }
        let socket = makeSocket(restored.socket, entrance, entrance.recoveryID, restoredUntil: end)
        socket.data = restored.state
        socket.join(restored.rooms)
        let skips = hub.server.options.recovery?.skipsMiddlewares ?? true
        let middlewares = skips ? [] : middlewares(of: entrance.namespace)
        guard middlewares.isEmpty else { return admit(socket, asking: middlewares) }
        for packet in restored.missed { session.send(packet.messages) }
        admit(socket)
    }

    /// Whether the client may be sent all that. One that missed more would be cut off for it, come back and
    /// be cut off again: better somebody new than one who never gets in.
    private func fits(_ missed: [PreparedPacket]) -> Bool {
        let bytes = missed.reduce(0) { sum, packet in packet.messages.reduce(sum) { $0 + $1.count } }
        return session.backlog + bytes <= hub.server.options.maxQueued
    }

    private func enterAnew(_ entrance: Entrance) {
        let canRecover = entrance.namespace.recovery != nil
        let recoveryID = canRecover ? RecoveryID(rawValue: hub.makeSocketID()) : nil
        let socket = makeSocket(socketID(in: entrance.namespace), entrance, recoveryID)
        admit(socket, asking: middlewares(of: entrance.namespace))
    }

    /// Clients of Engine.IO 3 are not told the id of their socket: they make it from their session's.
    private func socketID(in namespace: Namespace) -> String {
        guard session.revision == .three else { return hub.makeSocketID() }
        return namespace.name == "/" ? session.id : "\(namespace.name)#\(session.id)"
    }

    /// From here on its rooms are real, and it ends when the session does.
    private func makeSocket(
        _ id: String, _ entrance: Entrance, _ recoveryID: RecoveryID?, restoredUntil: Int? = nil
    ) -> Socket {
        let local = hub.local(entrance.namespace)
        let handshake = SocketHandshake(auth: entrance.auth ?? JSONObject(), origin: session.origin)
        let socket = Socket(
            id, in: local, handshake: handshake, session: self, recoveryID: recoveryID,
            restoredUntil: restoredUntil, claim: entrance.claim)
        local.add(socket)
        sockets.append(socket)
        return socket
    }

    private func middlewares(
        of namespace: Namespace
    ) -> [@Sendable (Socket) async throws -> Void] {
        (namespace.family?.handlers.table.middlewares ?? []) + namespace.handlers.table.middlewares
    }

    /// Middlewares may take their time; the socket is one only when all have let it pass.
    private func admit(
        _ socket: Socket, asking middlewares: [@Sendable (Socket) async throws -> Void]
    ) {
        guard !middlewares.isEmpty else { return begin(socket) }
        undecided += 1
        socket.isUndecided = true
        socket.start {
            do {
                for middleware in middlewares { try await middleware(socket) }
                socket.onLoop { $0.session?.begin($0) }
            } catch {
                socket.onLoop { $0.session?.refuse($0, error) }
            }
        }
    }

    /// Middlewares have let a socket pass that was new, or that misses what was sent meanwhile.
    private func begin(_ socket: Socket) {
        guard sockets.contains(where: { $0 === socket }) else { return }
        decided(on: socket)
        // Better a client that comes again, as somebody new, than one that misses something.
        guard let missed = socket.beginRecovery(), fits(missed) else {
            socket.forgetRecovery()
            return session.close()
        }
        for packet in missed { session.send(packet.messages) }
        admit(socket)
    }

    private func decided(on socket: Socket) {
        guard socket.isUndecided else { return }
        socket.isUndecided = false
        undecided -= 1
    }

    private func admit(_ socket: Socket) {
        handle(.accept(namespace: socket.namespace.name, id: socket.id, recoveryID: socket.recoveryID))
        // All that was sent may have been too much for the session.
        guard sockets.contains(where: { $0 === socket }) else { return }
        socket.connected()
    }

    private func refuse(_ socket: Socket, _ error: any Error) {
        guard let index = sockets.firstIndex(where: { $0 === socket }) else { return }
        sockets.remove(at: index)
        decided(on: socket)
        socket.ended(.server)
        refuse(
            socket.namespace.name,
            error as? ConnectRefusal ?? ConnectRefusal("The server could not let you in."))
    }
}

/// A client at the door of a namespace.
private struct Entrance: Sendable {
    let namespace: Namespace
    let claim: NamespaceClaim?
    let auth: JSONObject?

    /// Under which the client was here before, as it says.
    var recoveryID: RecoveryID? {
        guard let id = auth?["pid"]?.string else { return nil }
        return RecoveryID(rawValue: id)
    }

    var offset: RecoveryOffset? { auth?.recoveryOffset }
}

/// Something a task may come back to when it is gone.
private final class WeakReference<Object: AnyObject> {
    weak var object: Object?
    init(_ object: Object) { self.object = object }
}
