// SPDX-License-Identifier: Apache-2.0

/// What a path below the base of a SockJS service asks for.
public enum SockJSPath: Hashable, Sendable {
    public enum Transport: String, Hashable, Sendable {
        case webSocket = "websocket"
        case xhr
        case xhrStreaming = "xhr_streaming"
        case eventSource = "eventsource"
        case xhrSend = "xhr_send"
    }

    /// A word for people who look.
    case greeting
    case info
    /// A WebSocket without frames of SockJS's own.
    case rawWebSocket
    /// The server part is for load balancers; only the session part names a session.
    case session(String, Transport)

    /// Clients choose their sessions' names; those of the usual client have 8 characters.
    private static let longestName = 128

    /// - Parameter path: What follows the base, escapes and all: empty or starting with a slash.
    /// - Returns: `nil` for a path that is not of the protocol.
    public init?(_ path: some StringProtocol) {
        switch path {
        case "", "/": self = .greeting
        case "/info": self = .info
        case "/websocket": self = .rawWebSocket
        default:
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0].isEmpty, let transport = Transport(rawValue: String(parts[3])),
                parts[1...2].allSatisfy({
                    !$0.isEmpty && !$0.contains(".") && $0.utf8.count <= Self.longestName
                })
            else { return nil }
            self = .session(String(parts[2]), transport)
        }
    }
}
