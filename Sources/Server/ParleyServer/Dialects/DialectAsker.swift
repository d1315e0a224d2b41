// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import JSON

/// Asks the engine of a dialect something on behalf of an HTTP request. It is no client of the dialect, and
/// nobody is told of it.
final class DialectAsker: DialectCarrier {
    private unowned let shard: Shard
    private var client: ClientID?
    private var answered: (([JSONValue]) -> Void)?

    private init(_ shard: Shard, _ answered: @escaping ([JSONValue]) -> Void) {
        self.shard = shard
        self.answered = answered
    }

    /// - Parameter answered: gets the arguments of the acknowledgement, on the shard's loop.
    static func ask(
        _ key: DialectKey, _ event: DialectEvent, on shard: Shard, _ answered: @escaping ([JSONValue]) -> Void
    ) {
        let asker = DialectAsker(shard, answered)
        let client = shard.dialects.clients.add(asker)
        asker.client = client
        var event = event
        event.ack = AckID(1)
        shard.dialects.ask(event, by: client, of: key)
    }

    func acknowledge(_ ack: AckID, _ arguments: [JSONValue]) {
        if let client { shard.dialects.clients.remove(client) }
        answered?(arguments)
        answered = nil
    }

    func deliver(_ message: DialectMessage) {}
    func close() {}
}
