// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EventLoops
internal import JSON
internal import SocketIO

/// Runs the engine of one dialect. It lives on one shard; its clients are on all of them.
protocol DialectRunner: AnyObject {
    func connected(_ client: ClientID, _ description: DialectClient)
    func received(_ event: DialectEvent, from client: ClientID)
    /// A route of the dialect asks.
    func asked(_ event: DialectEvent, by asker: ClientID)
    func disconnected(_ client: ClientID)
    func ended(room: String)
}

final class DialectHost<D: Dialect & SendableMetatype>: DialectRunner {
    /// Finds the answer to a question, and hands it over on any thread.
    typealias Finder = (D.Question, _ found: @escaping @Sendable (D.Answer) -> Void) -> Void

    private unowned let shard: Shard
    private var dialect: D
    private let find: Finder
    private var timer: LoopTimer?

    init(_ dialect: D, on shard: Shard, find: @escaping Finder) {
        self.dialect = dialect
        self.shard = shard
        self.find = find
        timer = LoopTimer(on: shard.loop) { [unowned self] in handle(.tick) }
    }

    deinit { timer?.cancel() }

    func connected(_ client: ClientID, _ description: DialectClient) {
        handle(.connected(client, description))
    }

    func received(_ event: DialectEvent, from client: ClientID) { handle(.event(client, event)) }

    func asked(_ event: DialectEvent, by asker: ClientID) { handle(.asked(asker, event)) }

    func disconnected(_ client: ClientID) { handle(.disconnected(client)) }

    func ended(room: String) { handle(.roomEnded(room)) }

    private func handle(_ input: DialectInput<D.Answer>) {
        dialect.handle(input, at: shard.loop.now)
        while let output = dialect.poll() { perform(output) }
        timer?.arm(at: dialect.deadline)
    }

    private func perform(_ output: DialectOutput<D.Question>) {
        switch output {
        case .emit(let clients, let name, let arguments):
            let message = DialectMessage(name, arguments)
            for home in Set(clients.map(DialectClients.home(of:))).sorted() {
                let local = clients.filter { DialectClients.home(of: $0) == home }
                shard.shards.execute(on: home) { shard in
                    for client in local { shard.dialects.clients[client]?.deliver(message) }
                }
            }
        case .acknowledge(let client, let ack, let arguments):
            withCarrier(of: client) { $0.acknowledge(ack, arguments) }
        case .disconnect(let client): withCarrier(of: client) { $0.close() }
        case .ask(let id, let question):
            let me = LoopBound(self, on: shard.loop)
            find(question) { answer in me.execute { $0.handle(.answered(id, answer)) } }
        }
    }

    private func withCarrier(
        of client: ClientID, _ body: @escaping @Sendable (any DialectCarrier) -> Void
    ) {
        shard.shards.execute(on: DialectClients.home(of: client)) { shard in
            if let carrier = shard.dialects.clients[client] { body(carrier) }
        }
    }
}

extension DialectHost where D.Question == Never {
    convenience init(_ dialect: D, on shard: Shard) { self.init(dialect, on: shard) { _, _ in } }
}

/// An event on its way to any number of clients; its arguments are formatted once.
struct DialectMessage: Sendable {
    let name: String
    let values: [JSONValue]
    let arguments: SocketIOArguments

    init(_ name: String, _ values: [JSONValue]) {
        self.name = name
        self.values = values
        arguments = SocketIOArguments(values)
    }
}
