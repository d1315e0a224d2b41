// SPDX-License-Identifier: Apache-2.0

/// What Redis answers to one command. RESP 2.
public indirect enum RedisReply: Hashable, Sendable {
    case null
    case integer(Int64)
    /// A short text such as `OK`.
    case status(String)
    case bytes([UInt8])
    /// What Redis calls an error: its first word is a code, such as `NOPERM`.
    case error(String)
    case array([RedisReply])

    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    public var array: [RedisReply]? { if case .array(let values) = self { values } else { nil } }

    public var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }

    /// The text of a status or of bytes; what is not UTF-8 in it is replaced.
    public var text: String? {
        switch self {
        case .status(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }
}

/// Why a command has no answer.
public enum RedisError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no connection, and there was none for as long as the command could wait.
    case down(reason: String)
    /// Too many commands, or too many bytes of them, wait for Redis already.
    case overloaded
    /// The connection ended before the answer came: Redis may have carried the command out or not.
    case lost(reason: String)
    /// Redis answered with an error.
    case refused(String)
    /// Redis answered, but not with what this command is answered with.
    case unexpectedReply
    /// ``RedisLink/close()`` was called.
    case closed

    public var description: String {
        switch self {
        case .down(let reason): "Redis is down: \(reason)"
        case .overloaded: "too much waits for Redis already"
        case .lost(let reason): "the connection to Redis ended before the answer: \(reason)"
        case .refused(let message): "Redis refused: \(message)"
        case .unexpectedReply: "Redis gave an answer that does not belong to the command"
        case .closed: "the link to Redis was closed"
        }
    }
}
