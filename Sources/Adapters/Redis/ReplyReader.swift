// SPDX-License-Identifier: Apache-2.0
internal import CHiredis

/// hiredis's reader of the Redis protocol: bytes in as they come, replies out when they are complete.
///
/// Only this part of hiredis is used, and its way to open a socket. Its own connections know nothing
/// of sharded channels (before 1.2), end the process when a server sends what they do not expect, and
/// call back for objects that may be gone.
@safe struct ReplyReader: ~Copyable {
    /// Bytes of a reply that is not complete yet.
    static let maxIncomplete = 64 << 20

    private let reader: UnsafeMutablePointer<redisReader>

    init() {
        guard let reader = unsafe redisReaderCreate() else { fatalError("out of memory") }
        unsafe self.reader = reader
    }

    deinit { unsafe redisReaderFree(reader) }

    /// Takes what the socket gave.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(ReplyFormatError) {
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard unsafe redisReaderFeed(reader, start, bytes.count) == REDIS_OK else { throw failure }
    }

    /// - Returns: `nil` when the next reply is not complete.
    mutating func next() throws(ReplyFormatError) -> RedisReply? {
        var found: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &found) == REDIS_OK else { throw failure }
        guard let found = unsafe found else {
            let incomplete = unsafe reader.pointee.len - reader.pointee.pos
            guard incomplete <= Self.maxIncomplete else { throw ReplyFormatError(reason: "reply too large") }
            return nil
        }
        defer { unsafe freeReplyObject(found) }
        return unsafe RedisReply(found.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private var failure: ReplyFormatError {
        // The text is an array in C: a tuple here.
        let message = unsafe withUnsafeBytes(of: reader.pointee.errstr) {
            unsafe Array($0.prefix { $0 != 0 })
        }
        return ReplyFormatError(reason: String(decoding: message, as: UTF8.self))
    }
}

/// What came is not the Redis protocol.
struct ReplyFormatError: Error {
    var reason: String
}

extension RedisReply {
    @unsafe fileprivate init(_ reply: redisReply) {
        switch unsafe reply.type {
        case REDIS_REPLY_STRING: self = unsafe .bytes(reply.copiedBytes)
        case REDIS_REPLY_STATUS: self = unsafe .status(String(decoding: reply.copiedBytes, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = unsafe .error(String(decoding: reply.copiedBytes, as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = unsafe .integer(Int64(reply.integer))
        case REDIS_REPLY_ARRAY:
            let elements = unsafe UnsafeBufferPointer(start: reply.element, count: Int(reply.elements))
            self = .array(unsafe elements.map { unsafe $0.map { unsafe RedisReply($0.pointee) } ?? .null })
        default: self = .null
        }
    }
}

extension redisReply {
    @unsafe fileprivate var copiedBytes: [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: str, count: Int(len)))
    }
}
