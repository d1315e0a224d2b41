// SPDX-License-Identifier: Apache-2.0

/// Why bytes from the network could not be decoded, and where.
///
/// Every codec in the package throws this one type: callers do the same thing with all of them
/// (count it, trace it, refuse the peer), so the detail is for people reading a trace.
public struct DecodeError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// Fewer bytes than the field needs.
        case truncated
        /// The bytes are all there but the value breaks the format.
        case invalid
        /// Well formed, but longer, deeper or more than this package accepts.
        case tooLarge
        /// Well formed, but a version or variant this package does not speak.
        case unsupported
    }

    public var reason: Reason
    /// The field as its RFC or specification names it, e.g. `"WebSocket payload length"`.
    public var field: String
    /// Bytes from the start of the input to the field.
    public var offset: Int

    public init(_ reason: Reason, _ field: String, at offset: Int) {
        self.reason = reason
        self.field = field
        self.offset = offset
    }

    public var description: String { "\(field): \(reason) at byte \(offset)" }
}
