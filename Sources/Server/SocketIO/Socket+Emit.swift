// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
public import SocketIOPackets

extension Socket {
    /// Sends an event to this client.
    public func emit(_ name: String, arguments: SocketIOArguments) {
        SocketSender(self).emit(name, arguments: arguments)
    }

    /// Sends an event to this client and waits for its answer, for as long as it is connected.
    /// - Throws: ``AckError``, or `CancellationError`.
    public func emitWithAck(_ name: String, arguments: SocketIOArguments) async throws -> SocketIOArguments {
        try await SocketSender(self).emitWithAck(name, arguments: arguments)
    }

    /// Events are dropped while the client has not taken what was sent before.
    public var volatile: SocketSender { SocketSender(self).volatile }
    public func compress(_ isCompressed: Bool) -> SocketSender { SocketSender(self).compress(isCompressed) }
    /// How long an acknowledgement is waited for.
    public func timeout(_ timeout: Duration) -> SocketSender { SocketSender(self).timeout(timeout) }

    // MARK: On the loop

    package func send(_ packet: PreparedPacket) {
        if isConnected { session?.send(packet, SendFlags()) }
    }

    func send(_ packet: PreparedPacket, name: String, arguments: SocketIOArguments, _ flags: SendFlags) {
        guard isConnected, packet.position == 0 || packet.position > restoredUntil else { return }
        feed?.sent(self, name, arguments)
        for entry in ownHandlers?.anyOutgoing ?? [] {
            if case .now(let body) = entry.handler {
                body(self, SocketEvent(name: name, arguments: arguments, acknowledgement: nil))
            }
        }
        session?.send(packet, flags)
    }
}

/// How events are sent to one client. Each step makes a new value.
public struct SocketSender: Sendable {
    private let socket: Socket
    private var flags = SendFlags()

    init(_ socket: Socket) { self.socket = socket }

    public var volatile: SocketSender {
        var copy = self
        copy.flags.isVolatile = true
        return copy
    }

    public func compress(_ isCompressed: Bool) -> SocketSender {
        var copy = self
        copy.flags.isCompressed = isCompressed
        return copy
    }

    public func timeout(_ timeout: Duration) -> SocketSender {
        var copy = self
        copy.flags.timeout = timeout
        return copy
    }

    public func emit(_ name: String, arguments: SocketIOArguments) {
        send(name, arguments, id: nil)
    }

    private func send(_ name: String, _ arguments: SocketIOArguments, id: SocketIOPacket.AckID?) {
        let (socket, flags) = (socket, flags)
        guard let id else {
            let room = socket.recoveryID.map(Recovery.Log.ownRoom) ?? socket.id
            return socket.namespace.send(
                name, arguments, for: BroadcastTarget(rooms: [room]), flags
            ) { packet in
                socket.inOrder { $0.send(packet, name: name, arguments: arguments, flags) }
            }
        }
        let packet = PreparedPacket(
            SocketIOPacket(.event(name, arguments, id: id), namespace: socket.namespace.name),
            parser: socket.namespace.server.options.parser, isCompressed: flags.isCompressed, position: 0)
        socket.inOrder { $0.send(packet, name: name, arguments: arguments, flags) }
    }

    /// Sends an event and waits for the client's answer: no longer than ``timeout(_:)``, and no longer
    /// than it is connected.
    /// - Throws: ``AckError``, or `CancellationError`.
    public func emitWithAck(_ name: String, arguments: SocketIOArguments) async throws -> SocketIOArguments {
        let id = socket.namespace.nextAckID()
        let (socket, timeout) = (socket, flags.timeout)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<SocketIOArguments, AckError>, Never>) in
                socket.onLoop { socket in
                    guard socket.isConnected else {
                        return continuation.resume(returning: .failure(.disconnected(.transportClose)))
                    }
                    let timer = timeout.map { timeout in
                        let timer = LoopTimer(on: socket.loop) { socket.giveUp(id) }
                        timer.arm(after: timeout)
                        return LoopBound(timer, on: socket.loop)
                    }
                    socket.expect(
                        id,
                        PendingAck { result in
                            timer?.use { $0.cancel() }
                            continuation.resume(returning: result)
                        })
                }
                send(name, arguments, id: id)
                // The task may have been cancelled before there was anything to give up.
                if Task.isCancelled { socket.onLoop { $0.giveUp(id) } }
            }
        } onCancel: {
            socket.onLoop { $0.giveUp(id) }
        }
        try Task.checkCancellation()
        return try result.get()
    }
}
