// SPDX-License-Identifier: Apache-2.0
public import EngineIO
internal import EngineKit
internal import EventLoops
internal import Synchronization

/// A client's Engine.IO session without Socket.IO above: plain messages, text or binary.
///
/// `@unchecked Sendable`: the session belongs to the loop; the handlers are behind a mutex.
public final class EngineSocket: @unchecked Sendable {
    public let id: String
    private let loop: EventLoop
    private var session: EngineSession?

    private struct Handlers {
        var message: (@Sendable (EngineIOMessage) -> Void)?
        var close: (@Sendable (DisconnectReason) -> Void)?
    }

    private let handlers = Mutex(Handlers())

    init(above session: EngineSession) {
        id = session.id
        loop = session.hub.loop
        self.session = session
    }

    /// Calls `body` for every message, on the session's loop.
    public func onMessage(_ body: @escaping @Sendable (EngineIOMessage) -> Void) {
        handlers.withLock { $0.message = body }
    }

    /// Calls `body` when the session is over.
    public func onClose(_ body: @escaping @Sendable (DisconnectReason) -> Void) {
        handlers.withLock { $0.close = body }
    }

    public func send(_ message: EngineIOMessage) {
        onLoop { $0.session?.send([message]) }
    }

    public func close() {
        onLoop { $0.session?.close() }
    }

    private func onLoop(_ body: @escaping @Sendable (EngineSocket) -> Void) {
        if loop.isCurrent { body(self) } else { loop.execute { body(self) } }
    }

    /// What the session knows of it.
    final class User: EngineSessionUser {
        private let socket: EngineSocket

        init(_ socket: EngineSocket) { self.socket = socket }

        var deadline: Instant? { nil }
        func tick() {}
        func opened() {}
        func ponged() {}
        func upgraded() {}
        func received(_ message: EngineIOMessage) { socket.handlers.withLock(\.message)?(message) }

        func closed(_ reason: DisconnectReason) {
            socket.session = nil
            socket.handlers.withLock(\.close)?(reason)
        }
    }
}
