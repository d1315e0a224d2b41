// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import JSONCoding
internal import SocketIOPackets

/// An event with a type: its name and what it carries, written once for both directions.
///
/// ```swift
/// struct Joined: SocketMessage {
///     static let name = "joined"
///     var user: String
/// }
/// try io.emit(Joined(user: "ana"))
/// socket.on(Joined.self) { joined in print(joined.user) }
/// ```
public protocol SocketMessage: Codable, Sendable {
    /// The event's name; the value is its one argument.
    static var name: String { get }
}

// Four forms of each: with or without an answer, at once or in a task of the socket. What a closure
// awaits and returns decides which is meant.

extension Socket {
    /// Calls `body` for every event of that name, with its arguments as values. An event whose arguments
    /// are of other types goes to ``onError(_:)``.
    @discardableResult
    public func on<each Argument: Decodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> HandlerID {
        add(silent(body), for: name)
    }

    /// Acknowledges with nothing, if the client wants to know.
    private func silent<each Argument: Decodable & Sendable>(
        _ body: @escaping @Sendable (repeat each Argument) throws -> Void, isOnce: Bool = false
    ) -> HandlerTable.Entry {
        HandlerTable.Entry(
            .now { socket, event in
                socket.attempt {
                    let values = try event.decode(repeat (each Argument).self)
                    try body(repeat each values)
                    event.acknowledge()
                }
            }, isOnce: isOnce)
    }

    /// As ``on(_:_:)``, for the next event of that name only.
    @discardableResult
    public func once<each Argument: Decodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (repeat each Argument) throws -> Void
    ) -> HandlerID {
        add(silent(body, isOnce: true), for: name)
    }

    /// As ``on(_:_:)``; what `body` returns is the client's acknowledgement.
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (repeat each Argument) throws -> Answer
    ) -> HandlerID {
        add(answering(body), for: name)
    }

    private func answering<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ body: @escaping @Sendable (repeat each Argument) throws -> Answer, isOnce: Bool = false
    ) -> HandlerTable.Entry {
        HandlerTable.Entry(
            .now { socket, event in
                socket.attempt {
                    let values = try event.decode(repeat (each Argument).self)
                    let answer = try body(repeat each values)
                    event.acknowledge(try SocketIOArguments(encoding: answer))
                }
            }, isOnce: isOnce)
    }

    /// As ``on(_:_:)``, in a task that is cancelled when the socket disconnects.
    @discardableResult
    public func on<each Argument: Decodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerID {
        add(
            HandlerTable.Entry(
                .task { _, event in
                    let values = try event.decode(repeat (each Argument).self)
                    try await body(repeat each values)
                    event.acknowledge()
                }), for: name)
    }

    /// As ``on(_:_:)``, in a task that is cancelled when the socket disconnects; what `body` returns is
    /// the client's acknowledgement.
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (repeat each Argument) async throws -> Answer
    ) -> HandlerID {
        add(
            HandlerTable.Entry(
                .task { _, event in
                    let values = try event.decode(repeat (each Argument).self)
                    let answer = try await body(repeat each values)
                    event.acknowledge(try SocketIOArguments(encoding: answer))
                }), for: name)
    }

    /// As ``on(_:_:)``, for the next event of that name only; what `body` returns is the client's
    /// acknowledgement.
    @discardableResult
    public func once<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (repeat each Argument) throws -> Answer
    ) -> HandlerID {
        add(answering(body, isOnce: true), for: name)
    }

    /// Calls `body` for every message of that type; what it returns is the client's acknowledgement.
    @discardableResult
    public func on<Message: SocketMessage, Answer: Encodable & Sendable>(
        _ type: Message.Type, _ body: @escaping @Sendable (Message) throws -> Answer
    ) -> HandlerID {
        on(Message.name, body)
    }

    /// Calls `body` for every message of that type.
    @discardableResult
    public func on<Message: SocketMessage>(
        _ type: Message.Type, _ body: @escaping @Sendable (Message) throws -> Void
    ) -> HandlerID {
        on(Message.name, body)
    }

    /// Sends an event with one argument for each value.
    /// - Note: A value that cannot be encoded goes to ``onError(_:)``, and nothing is sent.
    public func emit<each Value: Encodable>(_ name: String, _ values: repeat each Value) {
        do {
            emit(name, arguments: try SocketIOArguments(encoding: repeat each values))
        } catch {
            onLoop { $0.failed(error) }
        }
    }

    public func emit(_ message: some SocketMessage) { emit(type(of: message).name, message) }

    /// Sends an event and waits for the client's answer, for as long as it is connected; for less with
    /// ``timeout(_:)``.
    /// - Throws: ``AckError``, `JSONCodingError`, or `CancellationError`.
    public func emitWithAck<Answer: Decodable, each Value: Encodable>(
        _ name: String, _ values: repeat each Value, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let arguments = try SocketIOArguments(encoding: repeat each values)
        return try await emitWithAck(name, arguments: arguments).decode(type, at: 0)
    }
}

extension SocketSender {
    public func emit<each Value: Encodable>(_ name: String, _ values: repeat each Value) throws {
        emit(name, arguments: try SocketIOArguments(encoding: repeat each values))
    }

    /// See ``Socket/emitWithAck(_:_:as:)``.
    public func emitWithAck<Answer: Decodable, each Value: Encodable>(
        _ name: String, _ values: repeat each Value, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let arguments = try SocketIOArguments(encoding: repeat each values)
        return try await emitWithAck(name, arguments: arguments).decode(type, at: 0)
    }
}

extension Broadcast {
    /// Sends an event with one argument for each value.
    /// - Throws: `JSONCodingError`, and nothing is sent.
    public func emit<each Value: Encodable>(_ name: String, _ values: repeat each Value) throws {
        emit(name, arguments: try SocketIOArguments(encoding: repeat each values))
    }

    public func emit(_ message: some SocketMessage) throws { try emit(type(of: message).name, message) }

    /// Sends an event and gathers the first argument of every client's answer.
    /// - Throws: `JSONCodingError`, or ``BroadcastTimeout`` with the answers there are.
    public func emitWithAck<Answer: Decodable, each Value: Encodable>(
        _ name: String, _ values: repeat each Value, as type: Answer.Type = Answer.self
    ) async throws -> [Answer] {
        let arguments = try SocketIOArguments(encoding: repeat each values)
        return try await emitWithAck(name, arguments: arguments).map { try $0.decode(type, at: 0) }
    }
}

extension Namespace {
    /// See ``Broadcast/emit(_:_:)``.
    public func emit<each Value: Encodable>(_ name: String, _ values: repeat each Value) throws {
        try all.emit(name, repeat each values)
    }

    public func emit(_ message: some SocketMessage) throws { try all.emit(message) }

    /// See ``serverSideEmit(_:arguments:)``.
    public func serverSideEmit<each Value: Encodable>(_ name: String, _ values: repeat each Value) throws {
        serverSideEmit(name, arguments: try SocketIOArguments(encoding: repeat each values))
    }
}

extension SocketServer {
    /// Those in `room` of the main namespace.
    public func to(_ room: String) -> Broadcast { main.to(room) }

    /// Sends an event to everybody in the main namespace.
    public func emit<each Value: Encodable>(_ name: String, _ values: repeat each Value) throws {
        try main.emit(name, repeat each values)
    }

    public func emit(_ message: some SocketMessage) throws { try main.emit(message) }
}

extension SocketEvent {
    /// The arguments as values; errors begin with the event's name: `say[1] is missing`.
    fileprivate func decode<each Value: Decodable>(
        _ types: repeat (each Value).Type
    ) throws(JSONCodingError) -> (repeat each Value) {
        do throws(JSONCodingError) {
            return try arguments.decode(repeat each types)
        } catch {
            throw JSONCodingError(path: name + error.path, problem: error.problem)
        }
    }
}
