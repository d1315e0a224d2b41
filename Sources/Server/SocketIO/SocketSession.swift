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

    func ponged() { for socket in sockets { socket.confirmed() } }

    func closed(_ reason: DisconnectReason) {
        endReason = reason
        handle(.sessionClosed)
        // Those that middlewares still look at.
        for socket in sockets { socket.ended(reason) }
        sockets = []
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
            hub.statistics.dropped += 1
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
        for socket in sockets where socket.isConnected {
            send(SocketIOPacket(.disconnect, namespace: socket.namespace.name))
        }
        session.close()
    }

    /// Ends the connection without leaving the namespaces.
    func end(_ reason: DisconnectReason) { session.close(reason) }

    // MARK: Namespaces

    private func perform(_ output: SocketIOConnection.Output) {
        switch output {
        case .event(let namespace, let name, let arguments, let id):
            guard let socket = socket(in: namespace) else { return }
            hub.statistics.received += 1
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
        if let namespace = hub.server.namespace(name) { return enter(namespace, auth) }
        guard hub.server.hasFamilies else { return refuse(name, ConnectRefusal("Invalid namespace")) }
        let server = hub.server
        let session = LoopBound(WeakReference(self), on: hub.loop)
        Task {
            let namespace = await server.namespace(name, auth: auth)
            session.execute { weak in
                guard let session = weak.object else { return }
                guard let namespace else {
                    return session.refuse(name, ConnectRefusal("Invalid namespace"))
                }
                session.enter(namespace, auth)
            }
        }
    }

    private func refuse(_ name: String, _ refusal: ConnectRefusal) {
        handle(.refuse(namespace: name, message: refusal.message, data: refusal.data))
    }

    private func enter(_ namespace: Namespace, _ auth: JSONObject?) {
        guard connection.isAsking(for: namespace.name) else { return }
        guard let recovery = namespace.recovery, let pid = auth?["pid"]?.string else {
            return enterAnew(namespace, auth)
        }
        let offset = auth?["offset"]?.string.map(RecoveryOffset.init(rawValue:))
        let (restoration, end) = recovery.restore(RecoveryID(rawValue: pid), after: offset)
        switch restoration {
        case .restored(let restored):
            restore(restored, RecoveryID(rawValue: pid), until: end, in: namespace, auth)
        case .live(let id): takeOver(id, in: namespace, auth)
        case .unknown, .incomplete: enterAnew(namespace, auth)
        }
    }

    /// The client's former connection still looks alive: ends it wherever it is, then tries again.
    private func takeOver(_ id: String, in namespace: Namespace, _ auth: JSONObject?) {
        let hubs = hub.server.hubs
        let session = LoopBound(WeakReference(self), on: hub.loop)
        Task {
            for hub in hubs {
                await hub.loop.run {
                    hub.use { $0.knownLocal(namespace)?.sockets[id]?.endConnection(.transportClose) }
                }
            }
            session.execute { weak in weak.object?.enterAfterTakeOver(namespace, auth) }
        }
    }

    private func enterAfterTakeOver(_ namespace: Namespace, _ auth: JSONObject?) {
        guard connection.isAsking(for: namespace.name), let recovery = namespace.recovery,
            let pid = auth?["pid"]?.string
        else { return }
        let offset = auth?["offset"]?.string.map(RecoveryOffset.init(rawValue:))
        let (restoration, end) = recovery.restore(RecoveryID(rawValue: pid), after: offset)
        guard case .restored(let restored) = restoration else { return enterAnew(namespace, auth) }
        restore(restored, RecoveryID(rawValue: pid), until: end, in: namespace, auth)
    }

    /// What it missed goes first, then the answer; the rooms are real before anything else is sent.
    private func restore(
        _ restored: Recovery.Log.Restored, _ id: RecoveryID, until end: Int, in namespace: Namespace,
        _ auth: JSONObject?
    ) {
        let local = hub.local(namespace)
        let socket = Socket(
            restored.socket, in: local,
            handshake: SocketHandshake(auth: auth ?? JSONObject(), origin: session.origin), session: self,
            recoveryID: id, restoredUntil: end)
        socket.data = restored.state
        local.add(socket)
        sockets.append(socket)
        for room in restored.rooms { local.join(socket, room) }
        for packet in restored.missed { session.send(packet.messages) }
        let skips = hub.server.options.recovery?.skipsMiddlewares ?? true
        admit(socket, asking: skips ? [] : middlewares(of: namespace), recoveryID: id)
    }

    private func enterAnew(_ namespace: Namespace, _ auth: JSONObject?) {
        let local = hub.local(namespace)
        let id = hub.makeSocketID()
        var recoveryID: RecoveryID?
        if let recovery = namespace.recovery {
            recoveryID = RecoveryID(rawValue: hub.makeSocketID())
            if let recoveryID { recovery.register(recoveryID, socket: id) }
        }
        let socket = Socket(
            id, in: local, handshake: SocketHandshake(auth: auth ?? JSONObject(), origin: session.origin),
            session: self, recoveryID: recoveryID)
        // From here on its rooms are real, and it ends when the session does.
        local.add(socket)
        sockets.append(socket)
        admit(socket, asking: middlewares(of: namespace), recoveryID: recoveryID)
    }

    private func middlewares(
        of namespace: Namespace
    ) -> [@Sendable (Socket) async throws -> Void] {
        (namespace.family?.handlers.table.middlewares ?? []) + namespace.handlers.table.middlewares
    }

    /// Middlewares may take their time; the socket is one only when all have let it pass.
    private func admit(
        _ socket: Socket, asking middlewares: [@Sendable (Socket) async throws -> Void],
        recoveryID: RecoveryID?
    ) {
        guard !middlewares.isEmpty else { return admit(socket, recoveryID) }
        socket.start {
            do {
                for middleware in middlewares { try await middleware(socket) }
                socket.onLoop { $0.session?.admit($0, recoveryID) }
            } catch {
                socket.onLoop { $0.session?.refuse($0, error) }
            }
        }
    }

    private func admit(_ socket: Socket, _ recoveryID: RecoveryID?) {
        guard sockets.contains(where: { $0 === socket }) else { return }
        handle(.accept(namespace: socket.namespace.name, id: socket.id, recoveryID: recoveryID))
        socket.connected()
    }

    private func refuse(_ socket: Socket, _ error: any Error) {
        guard let index = sockets.firstIndex(where: { $0 === socket }) else { return }
        sockets.remove(at: index)
        socket.ended(.server)
        refuse(
            socket.namespace.name,
            error as? ConnectRefusal ?? ConnectRefusal("The server could not let you in."))
    }
}

/// Something a task may come back to when it is gone.
private final class WeakReference<Object: AnyObject> {
    weak var object: Object?
    init(_ object: Object) { self.object = object }
}
