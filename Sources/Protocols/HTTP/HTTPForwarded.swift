// SPDX-License-Identifier: Apache-2.0

/// Reads what proxies say about a request. `X-Forwarded-*` has no RFC; RFC 7239 describes its heir.
public enum HTTPForwarded {
    /// The addresses in `X-Forwarded-For`, the one nearest to the client first, all fields together.
    ///
    /// Each proxy adds the address it was called from at the end, so only the addresses after the last
    /// one that a trusted proxy wrote can be believed: walk from the end while the writer is trusted.
    /// Ports and the brackets around IPv6 addresses are taken off; nothing else is checked.
    public static func addresses(_ headers: HTTPHeaders) -> [String] {
        headers.list("X-Forwarded-For").map(withoutPort)
    }

    private static func withoutPort(_ text: String) -> String {
        if text.utf8.first == UInt8(ascii: "[") {
            return String(text.dropFirst().prefix { $0 != "]" })
        }
        // More than one colon: an IPv6 address without brackets, which cannot have a port.
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[0]) : text
    }

    /// Whether the client spoke to the first proxy over TLS, as far as the last `X-Forwarded-Proto`
    /// says; `nil` when there is none. Only for requests from a trusted proxy.
    public static func isSecure(_ headers: HTTPHeaders) -> Bool? {
        headers.list("X-Forwarded-Proto").last.map { $0.lowercased() == "https" }
    }
}
