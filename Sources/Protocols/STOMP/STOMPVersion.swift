// SPDX-License-Identifier: Apache-2.0

/// The versions of STOMP that are spoken here; a later one is greater.
public enum STOMPVersion: String, Hashable, Sendable, CaseIterable, Comparable {
    case v10 = "1.0"
    case v11 = "1.1"
    case v12 = "1.2"

    public static func < (a: STOMPVersion, b: STOMPVersion) -> Bool { a.rawValue < b.rawValue }

    /// The highest version that a client's `accept-version` header lists; without the header, the
    /// client speaks 1.0 only. STOMP 1.2, "Protocol Negotiation".
    /// - Returns: `nil` when the two sides have no version in common.
    public static func negotiate(acceptVersion: String?) -> STOMPVersion? {
        guard let acceptVersion else { return .v10 }
        let offered = acceptVersion.split(separator: ",").map { version in
            String(version.drop { $0 == " " }.prefix { $0 != " " })
        }
        return allCases.last { offered.contains($0.rawValue) }
    }

    /// The name of the version as a WebSocket subprotocol, for example `v12.stomp`.
    public var subprotocol: String { "v\(rawValue.filter { $0 != "." }).stomp" }
}
