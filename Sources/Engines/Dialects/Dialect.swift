// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import JSON

/// The server's side of one signalling protocol: who is in which room, and who is told what.
///
/// What carries the events is no matter here. Over Socket.IO an event is an event. Over STOMP its name is a
/// destination and its one argument a message's JSON. Over a bare WebSocket it is ``DialectEvent/message``,
/// and its one argument the text.
///
/// Invariants of every dialect: identity is bound to the client when it first says who it is, and never
/// taken from a later event; relays stay within a room that both sides are in; malformed events are dropped
/// without a trace for others; everything kept is bounded by ``DialectLimits``.
public protocol Dialect: Engine
where Input == DialectInput<Answer>, Output == DialectOutput<Question> {
    /// What it wants to know of the world outside, such as whether a meeting exists.
    associatedtype Question: Sendable = Never
    associatedtype Answer: Sendable = Never
}

extension Dialect {
    public var deadline: Instant? { nil }
}

/// One connected client of a dialect.
public struct ClientID: Hashable, Comparable, Sendable {
    public let number: UInt64

    public init(_ number: UInt64) { self.number = number }

    public static func < (a: ClientID, b: ClientID) -> Bool { a.number < b.number }
}

/// The number of an event that its client wants acknowledged.
public struct AckID: Hashable, Sendable {
    public let number: UInt64

    public init(_ number: UInt64) { self.number = number }
}

/// The number of a question on its way.
public struct QuestionID: Hashable, Sendable {
    public let number: UInt64

    public init(_ number: UInt64) { self.number = number }
}

public enum DialectInput<Answer: Sendable>: Sendable {
    case connected(ClientID, DialectClient)
    case event(ClientID, DialectEvent)
    /// A question of one of the dialect's own HTTP routes, to be acknowledged. Who asks is no client, and no
    /// client can ask so.
    case asked(ClientID, DialectEvent)
    /// The last input of that client.
    case disconnected(ClientID)
    case answered(QuestionID, Answer)
    /// The meeting that the room of this name is one with is over; only rooms that are meetings hear of it.
    case roomEnded(String)
    case tick
}

/// What is known of a client before it says anything.
public struct DialectClient: Hashable, Sendable {
    /// The name that other clients may address it by, where the dialect shows it. No secret, and no room.
    public var socketID: String
    /// What it sent along with its request to connect.
    public var auth: JSONObject
    /// Its network address, without the port.
    public var address: String
    /// The name of the participant that a ``StandIn`` plays: one who needs no account of the dialect. `nil` for
    /// everybody who comes over a network.
    public var standInName: String?

    public init(
        socketID: String, auth: JSONObject = JSONObject(), address: String = "", standInName: String? = nil
    ) {
        self.socketID = socketID
        self.auth = auth
        self.address = address
        self.standInName = standInName
    }
}

public struct DialectEvent: Hashable, Sendable {
    /// The name of what comes over a carrier without names.
    public static let message = "message"

    public var name: String
    public var arguments: [JSONValue]
    /// `nil` when the client wants no answer.
    public var ack: AckID?

    public init(_ name: String, _ arguments: [JSONValue] = [], ack: AckID? = nil) {
        self.name = name
        self.arguments = arguments
        self.ack = ack
    }

    /// The argument at `index`; `nil` when there are fewer.
    public func argument(_ index: Int) -> JSONValue? {
        arguments.indices.contains(index) ? arguments[index] : nil
    }
}

public enum DialectOutput<Question: Sendable>: Sendable {
    /// Send an event to each of these clients.
    case emit([ClientID], String, [JSONValue])
    case acknowledge(ClientID, AckID, [JSONValue])
    /// Close the client's connection. `disconnected` follows.
    case disconnect(ClientID)
    case ask(QuestionID, Question)
}

extension DialectOutput: Equatable where Question: Equatable {}

/// The outputs of a dialect, in order.
public struct DialectOutbox<Question: Sendable>: Sendable {
    private var outputs = Queue<DialectOutput<Question>>()
    private var lastQuestion: UInt64 = 0

    public init() {}

    public mutating func popFirst() -> DialectOutput<Question>? { outputs.popFirst() }

    public mutating func emit(_ name: String, _ arguments: [JSONValue] = [], to clients: [ClientID]) {
        if !clients.isEmpty { outputs.append(.emit(clients, name, arguments)) }
    }

    public mutating func emit(_ name: String, _ arguments: [JSONValue] = [], to client: ClientID) {
        emit(name, arguments, to: [client])
    }

    /// Answers an event, if its client wants an answer.
    public mutating func acknowledge(
        _ event: DialectEvent, of client: ClientID, with arguments: [JSONValue] = []
    ) {
        if let ack = event.ack { outputs.append(.acknowledge(client, ack, arguments)) }
    }

    public mutating func disconnect(_ client: ClientID) { outputs.append(.disconnect(client)) }

    public mutating func ask(_ question: Question) -> QuestionID {
        lastQuestion += 1
        let id = QuestionID(lastQuestion)
        outputs.append(.ask(id, question))
        return id
    }
}
