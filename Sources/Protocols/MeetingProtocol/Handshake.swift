// SPDX-License-Identifier: Apache-2.0
public import JSON

/// The version check when a client connects to the namespace `/meet`.
public enum Handshake {
    /// The Socket.IO namespace of the protocol.
    public static let namespace = "/meet"

    /// What a client sends as `auth`.
    public static let auth: JSONValue = ["protocol": .number(JSONNumber(protocolVersion))]

    /// What a client with another version is told as the `data` of its connection error.
    public static let supported: JSONValue = ["supported": [.number(JSONNumber(protocolVersion))]]

    /// Whether the client speaks our version.
    public static func accepts(auth: JSONValue?) -> Bool {
        auth?.object?["protocol"]?.integer == protocolVersion
    }
}
