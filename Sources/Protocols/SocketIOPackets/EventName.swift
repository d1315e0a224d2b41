// SPDX-License-Identifier: Apache-2.0

package enum EventName {
    /// Names the protocol keeps for itself.
    private static let reserved = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    package static func isAllowed(_ name: String) -> Bool { !reserved.contains(name) }
}
