// SPDX-License-Identifier: Apache-2.0

/// A request the store could not carry out.
public struct StorageError: Error, Hashable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// The meeting is unknown or has ended.
        case noSuchMeeting
        /// What was to be added is there already.
        case conflict
        /// Too much is waiting to be stored.
        case overloaded
        /// The store has been closed.
        case closed
        /// The disk or its quota is full.
        case full
        /// The file is damaged or not ours.
        case damaged
        /// A later version of Parley has changed the file.
        case newerVersion
        /// Anything else the file system or SQLite reports.
        case failed
    }

    public var kind: Kind
    /// SQLite's extended result code or, from opening the file, `errno`; 0 when it was neither.
    public var code: Int32
    /// A sentence for the operator that names the file.
    public var message: String

    public init(_ kind: Kind, code: Int32 = 0, message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }

    public var description: String { message }

    static let closed = StorageError(.closed, message: "the storage is closed")
    static let overloaded = StorageError(.overloaded, message: "the storage is overloaded")
    static func noSuchMeeting(_ file: String) -> StorageError {
        StorageError(.noSuchMeeting, message: "\(file): no such meeting, or it has ended")
    }
}
