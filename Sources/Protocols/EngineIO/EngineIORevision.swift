// SPDX-License-Identifier: Apache-2.0

/// Which Engine.IO protocol a client speaks: `EIO` in its handshake.
public enum EngineIORevision: UInt8, Hashable, Sendable, CaseIterable {
    /// Socket.IO 1 and 2: the client pings; polling bodies tell the length of each packet; a binary
    /// frame begins with its type.
    case three = 3
    /// Socket.IO 3 and 4: the server pings; polling bodies are separated by U+001E.
    case four = 4

    /// The value of `EIO`, exactly.
    init?(query: String) {
        switch query {
        case "3": self = .three
        case "4": self = .four
        default: return nil
        }
    }
}
