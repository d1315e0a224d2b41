// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

private let lastHandler = Atomic<UInt64>(0)

extension HandlerID {
    static func next() -> HandlerID {
        HandlerID(number: lastHandler.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}

extension HandlerTable.Entry {
    init(_ handler: HandlerTable.Handler, isOnce: Bool = false) {
        self.init(id: .next(), handler: handler, isOnce: isOnce)
    }
}

extension Socket {
    /// Calls `body` for every event of that name, with its arguments as they came.
    @discardableResult
    public func on(
        raw name: String, _ body: @escaping @Sendable (SocketEvent) -> Void
    ) -> HandlerID {
        add(.init(.now { _, event in body(event) }), for: name)
    }

    /// As ``on(raw:_:)``, for the next event of that name only.
    @discardableResult
    public func once(
        raw name: String, _ body: @escaping @Sendable (SocketEvent) -> Void
    ) -> HandlerID {
        add(.init(.now { _, event in body(event) }, isOnce: true), for: name)
    }

    func add(_ entry: HandlerTable.Entry, for name: String) -> HandlerID {
        editHandlers { $0.events[name, default: []].append(entry) }
        return entry.id
    }

    /// Takes a handler off.
    public func off(_ id: HandlerID) { editHandlers { $0.remove(id) } }

    /// Takes off all of this socket's handlers of that name.
    public func off(_ name: String) { editHandlers { $0.events[name] = nil } }

    /// Calls `body` for every event, before the handlers of its name.
    @discardableResult
    public func onAny(_ body: @escaping @Sendable (SocketEvent) -> Void) -> HandlerID {
        let entry = HandlerTable.Entry(.now { _, event in body(event) })
        editHandlers { $0.anyIncoming.append(entry) }
        return entry.id
    }

    /// As ``onAny(_:)``, before those that are there already.
    @discardableResult
    public func prependAny(_ body: @escaping @Sendable (SocketEvent) -> Void) -> HandlerID {
        let entry = HandlerTable.Entry(.now { _, event in body(event) })
        editHandlers { $0.anyIncoming.insert(entry, at: 0) }
        return entry.id
    }

    /// Calls `body` for every event that is sent to this client.
    @discardableResult
    public func onAnyOutgoing(_ body: @escaping @Sendable (SocketEvent) -> Void) -> HandlerID {
        let entry = HandlerTable.Entry(.now { _, event in body(event) })
        editHandlers { $0.anyOutgoing.append(entry) }
        return entry.id
    }

    /// As ``onAnyOutgoing(_:)``, before those that are there already.
    @discardableResult
    public func prependAnyOutgoing(_ body: @escaping @Sendable (SocketEvent) -> Void) -> HandlerID {
        let entry = HandlerTable.Entry(.now { _, event in body(event) })
        editHandlers { $0.anyOutgoing.insert(entry, at: 0) }
        return entry.id
    }

    /// Asks `body` about every event of the client before it is handled, one at a time. To drop an
    /// event, throw: the error goes to ``onError(_:)``.
    public func use(_ body: @escaping @Sendable (SocketEvent) async throws -> Void) {
        editHandlers { $0.eventMiddlewares.append { _, event in try await body(event) } }
    }

    /// Calls `body` when the socket has left.
    public func onDisconnect(_ body: @escaping @Sendable (DisconnectReason) throws -> Void) {
        editHandlers { $0.disconnect.append { _, reason in try body(reason) } }
    }

    /// Calls `body` when the socket is about to leave: it is still in its rooms.
    public func onDisconnecting(_ body: @escaping @Sendable (DisconnectReason) throws -> Void) {
        editHandlers { $0.disconnecting.append { _, reason in try body(reason) } }
    }

    /// Calls `body` with what handlers and event middlewares throw, and with ``SocketError``s. What nobody
    /// asked for goes to ``SocketServerOptions/onUnhandledError``.
    public func onError(_ body: @escaping @Sendable (any Error) -> Void) {
        editHandlers { $0.failures.append { _, error in body(error) } }
    }
}

extension Namespace {
    /// Calls `body` for every event of that name of any socket, on the socket's loop. Costs nothing per
    /// socket, where ``Socket/on(raw:_:)`` keeps a handler for each.
    @discardableResult
    public func on(
        raw name: String, _ body: @escaping @Sendable (Socket, SocketEvent) -> Void
    ) -> HandlerID {
        let entry = HandlerTable.Entry(.now(body))
        handlers.edit { $0.events[name, default: []].append(entry) }
        return entry.id
    }

    /// Takes a handler off.
    public func off(_ id: HandlerID) { handlers.edit { $0.remove(id) } }

    /// Calls `body` with what handlers of any socket throw.
    public func onError(_ body: @escaping @Sendable (Socket, any Error) -> Void) {
        handlers.edit { $0.failures.append(body) }
    }
}
