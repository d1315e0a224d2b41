// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import JSON

/// What carries a client's events to it. On the client's loop.
protocol DialectCarrier: AnyObject {
    func deliver(_ message: DialectMessage)
    func acknowledge(_ ack: AckID, _ arguments: [JSONValue])
    func close()
}

/// The clients of all dialects whose connections are on one shard.
struct DialectClients {
    private let shard: Int
    private var carriers: [ClientID: any DialectCarrier] = [:]
    private var last: UInt64 = 0

    init(on shard: Int) { self.shard = shard }

    subscript(_ client: ClientID) -> (any DialectCarrier)? { carriers[client] }

    var count: Int { carriers.count }

    mutating func add(_ carrier: any DialectCarrier) -> ClientID {
        last += 1
        let client = ClientID(UInt64(shard) << 48 | last)
        carriers[client] = carrier
        return client
    }

    mutating func remove(_ client: ClientID) { carriers[client] = nil }

    /// The shard of a client's connection.
    static func home(of client: ClientID) -> Int { Int(client.number >> 48) }
}
