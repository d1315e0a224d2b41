// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Which sockets of a namespace something is meant for, and how it is to be sent to them.
public struct ClusterTarget: Hashable, Sendable {
    /// In any of these rooms; empty for everybody. A socket's own id is a room of its own.
    public var rooms: [String]
    /// But in none of these.
    public var except: [String]
    /// Of the sending node only: never published.
    public var isLocal: Bool
    /// May be dropped for sockets that are not ready to take it.
    public var isVolatile: Bool
    /// Whether to compress; `nil` leaves it to the server.
    public var compress: Bool?
    /// How long acknowledgements are waited for, in milliseconds.
    public var timeout: Int64?

    public init(
        rooms: [String] = [], except: [String] = [], isLocal: Bool = false, isVolatile: Bool = false,
        compress: Bool? = nil, timeout: Int64? = nil
    ) {
        self.rooms = rooms
        self.except = except
        self.isLocal = isLocal
        self.isVolatile = isVolatile
        self.compress = compress
        self.timeout = timeout
    }
}

/// A socket of another node, as `fetchSockets` shows it.
public struct ClusterSocket: Hashable, Sendable {
    public var id: String
    /// What the client came with: `headers`, `time`, `address`, `query`, `auth` and more.
    public var handshake: JSONText
    public var rooms: [String]
    /// What the application attached to it; bytes in it come as `null`.
    public var data: JSONText

    public init(id: String, handshake: JSONText, rooms: [String], data: JSONText) {
        self.id = id
        self.handshake = handshake
        self.rooms = rooms
        self.data = data
    }
}
