// SPDX-License-Identifier: Apache-2.0

/// Everything the server keeps: meetings, accounts, invites, appointments.
public typealias Store = MeetingStore & AccountStore & InviteStore & AppointmentStore

/// How a store reports.
///
/// Every method of a store returns at once and reports exactly once, in the order of the calls, on whatever
/// thread suits the store; a call may report before it returns, so hop to your own executor first.
/// What is reported as done survives the process, and with ``SQLiteStore`` the machine.
public typealias StorageCompletion<Value> = @Sendable (Result<Value, StorageError>) -> Void

/// The name of an account: 24 lower-case hexadecimal digits.
public struct AccountID: Hashable, Sendable, CustomStringConvertible {
    /// Random bytes behind an id.
    public static let byteCount = 12

    public let text: String

    public var description: String { text }

    public init?(_ text: String) {
        let digits = text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
        guard digits, text.utf8.count == Self.byteCount * 2 else { return nil }
        self.text = text
    }

    /// The id that writes ``byteCount`` bytes, drawn evenly; `nil` for any other number of bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        let digits = Array("0123456789abcdef".utf8)
        text = String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
