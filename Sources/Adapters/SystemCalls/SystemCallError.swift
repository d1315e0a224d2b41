// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A system call that there is no way on without failed.
public struct SystemCallError: Error, Hashable, CustomStringConvertible {
    public var call: String
    /// The value of `errno`.
    public var code: Int32

    public init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// What the system says about it.
    public var reason: String { Self.text(of: code) }

    public var description: String { "\(call): \(reason)" }

    /// What the system says about a value of `errno`.
    public static func text(of code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

extension SystemCallError {
    /// Whether an address was to be used that this machine does not have, or not yet.
    public var isAddressMissing: Bool { code == EADDRNOTAVAIL }
}
