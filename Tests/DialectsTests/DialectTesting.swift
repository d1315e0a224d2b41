// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON

@testable import Dialects

/// Plays clients of a dialect and shows what each of them is sent.
struct Stage<D: Dialect> {
    var dialect: D
    var now = Instant(nanoseconds: 1_000_000_000)
    private var lastAck: UInt64 = 0

    init(_ dialect: D) { self.dialect = dialect }

    /// Client `number` comes, with the socket id `s<number>`.
    @discardableResult
    mutating func connect(
        _ number: UInt64, auth: JSONObject = JSONObject(), address: String = "192.0.2.1"
    ) -> [Told<D.Question>] {
        give(
            .connected(
                ClientID(number), DialectClient(socketID: "s\(number)", auth: auth, address: address)))
    }

    /// Client `number` sends an event that it wants no answer to.
    @discardableResult
    mutating func send(_ number: UInt64, _ name: String, _ arguments: JSONValue...) -> [Told<D.Question>] {
        give(.event(ClientID(number), DialectEvent(name, arguments)))
    }

    /// Client `number` sends an event and wants an answer, which shows as ``Told/answered(_:_:)``.
    @discardableResult
    mutating func ask(_ number: UInt64, _ name: String, _ arguments: JSONValue...) -> [Told<D.Question>] {
        lastAck += 1
        return give(.event(ClientID(number), DialectEvent(name, arguments, ack: AckID(lastAck))))
    }

    /// One of the dialect's own routes asks.
    @discardableResult
    mutating func route(_ number: UInt64, _ name: String, _ arguments: JSONValue...) -> [Told<D.Question>] {
        lastAck += 1
        return give(.asked(ClientID(number), DialectEvent(name, arguments, ack: AckID(lastAck))))
    }

    @discardableResult
    mutating func disconnect(_ number: UInt64) -> [Told<D.Question>] { give(.disconnected(ClientID(number))) }

    @discardableResult
    mutating func give(_ input: DialectInput<D.Answer>) -> [Told<D.Question>] {
        dialect.handle(input, at: now)
        var told: [Told<D.Question>] = []
        while let output = dialect.poll() { told.append(Told(output)) }
        return told
    }

    mutating func wait(_ duration: Duration) { now = now.advanced(by: duration) }

    /// Lets time pass to the dialect's deadline, and shows what it says then; nothing when it has none.
    mutating func waitForDeadline() -> [Told<D.Question>] {
        guard let deadline = dialect.deadline else { return [] }
        now = max(now, deadline)
        return give(.tick)
    }
}

/// An output with plain numbers in it.
enum Told<Question: Sendable> {
    case event([UInt64], String, [JSONValue])
    case answered(UInt64, [JSONValue])
    case closed(UInt64)
    case asked(QuestionID, Question)

    init(_ output: DialectOutput<Question>) {
        switch output {
        case .emit(let clients, let name, let arguments):
            self = .event(clients.map(\.number), name, arguments)
        case .acknowledge(let client, _, let arguments): self = .answered(client.number, arguments)
        case .disconnect(let client): self = .closed(client.number)
        case .ask(let id, let question): self = .asked(id, question)
        }
    }
}

extension Told: Equatable where Question: Equatable {}

extension Told: Sendable {}

extension Told {
    /// The first argument of an event of that name.
    func argument(of name: String) -> JSONValue? {
        if case .event(_, name, let arguments) = self { arguments.first } else { nil }
    }

    var bytes: Int {
        guard case .event(_, _, let arguments) = self else { return 0 }
        return JSONValue.array(arguments).formatted.utf8.count
    }
}

/// A description of about so many bytes.
func largeOffer(_ bytes: Int) -> JSONValue {
    ["type": "offer", "sdp": .string(String(repeating: "x", count: bytes))]
}

let offer: JSONValue = ["type": "offer", "sdp": "v=0\r\n"]
let answer: JSONValue = ["type": "answer", "sdp": "v=0\r\n"]
let candidate: JSONValue = [
    "candidate": "candidate:1 1 udp 1 192.0.2.1 5000 typ host", "sdpMid": "0", "sdpMLineIndex": 0,
]
