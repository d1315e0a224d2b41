// SPDX-License-Identifier: Apache-2.0
internal import SocketIOPackets
internal import Synchronization

/// What is to be done with the events of a socket, of a namespace's sockets, or of a family's.
///
/// A value: whoever dispatches an event has a table that nobody changes meanwhile.
struct HandlerTable: Sendable {
    enum Handler: Sendable {
        case now(@Sendable (Socket, SocketEvent) -> Void)
        /// In a task that ends with the socket.
        case task(@Sendable (Socket, SocketEvent) async throws -> Void)
    }

    struct Entry: Sendable {
        let id: HandlerID
        let handler: Handler
        /// Taken out before its first call.
        let isOnce: Bool
    }

    var events: [String: [Entry]] = [:]
    var anyIncoming: [Entry] = []
    var anyOutgoing: [Entry] = []
    var connect: [@Sendable (Socket) throws -> Void] = []
    var disconnecting: [@Sendable (Socket, DisconnectReason) throws -> Void] = []
    var disconnect: [@Sendable (Socket, DisconnectReason) throws -> Void] = []
    var middlewares: [@Sendable (Socket) async throws -> Void] = []
    var eventMiddlewares: [@Sendable (Socket, SocketEvent) async throws -> Void] = []
    var failures: [@Sendable (Socket, any Error) -> Void] = []

    mutating func remove(_ id: HandlerID) {
        for (name, entries) in events where entries.contains(where: { $0.id == id }) {
            let left = entries.filter { $0.id != id }
            events[name] = left.isEmpty ? nil : left
        }
        anyIncoming.removeAll { $0.id == id }
        anyOutgoing.removeAll { $0.id == id }
    }
}

/// A table that several sockets share, read at every event and changed seldom.
final class SharedHandlers: Sendable {
    private final class Snapshot: Sendable {
        let table: HandlerTable
        init(_ table: HandlerTable) { self.table = table }
    }

    private let snapshot = Mutex(Snapshot(HandlerTable()))

    var table: HandlerTable { snapshot.withLock { $0 }.table }

    func edit(_ change: (inout HandlerTable) -> Void) {
        snapshot.withLock { snapshot in
            var table = snapshot.table
            change(&table)
            snapshot = Snapshot(table)
        }
    }

    /// The handlers of one event, without copying the rest of the table.
    func entries(for name: String) -> [HandlerTable.Entry] {
        snapshot.withLock { $0 }.table.events[name] ?? []
    }
}

/// Names a registered handler, to take it off again.
public struct HandlerID: Hashable, Sendable {
    let number: UInt64
}
