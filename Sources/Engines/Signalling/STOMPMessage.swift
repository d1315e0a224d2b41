// SPDX-License-Identifier: Apache-2.0
public import STOMP

/// What a client sent to a destination, or is sent from one.
public struct STOMPMessage: Hashable, Sendable {
    public var destination: String
    /// The sender's own entries and `content-type`; those of the protocol are left out.
    public var headers: STOMPHeaders
    public var body: [UInt8]

    public init(destination: String, headers: STOMPHeaders = [:], body: [UInt8]) {
        self.destination = destination
        self.headers = headers.without(Self.protocolHeaders)
        self.body = body
    }

    /// Set anew for every frame that carries the message.
    private static let protocolHeaders = [
        "destination", "message-id", "subscription", "ack", "content-length", "receipt", "transaction",
    ]
}

/// What a client says of itself when it connects.
public struct STOMPLogin: Hashable, Sendable {
    public var version: STOMPVersion
    /// The virtual host it wants; not all clients name one.
    public var host: String?
    public var login: String?
    public var passcode: String?
    /// Every entry of its frame.
    public var headers: STOMPHeaders
}

/// A client's wish to get the messages of a destination.
public struct STOMPSubscription: Hashable, Sendable {
    /// How a client says that it has dealt with messages. STOMP 1.2, "SUBSCRIBE ack Header".
    public enum AckMode: String, Hashable, Sendable {
        /// It does not.
        case auto
        /// For one and all before it.
        case client
        /// For each.
        case clientIndividual = "client-individual"
    }

    /// The client's name for it; the destination for a client of 1.0 that gave none.
    public var id: String
    /// Whether the client gave ``id``, and so expects it back.
    var isNamed: Bool
    public var destination: String
    public var ackMode: AckMode
    /// Every entry of its frame.
    public var headers: STOMPHeaders
}
