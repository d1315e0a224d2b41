// SPDX-License-Identifier: Apache-2.0

enum EventName {
    /// Names the protocol keeps for itself.
    private static let reserved = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    static func isAllowed(_ name: String) -> Bool { !reserved.contains(name) }
}
