// SPDX-License-Identifier: Apache-2.0

public import ByteCoding

public enum HTTPRequestEvent: Hashable, Sendable {
    case head(HTTPRequestHead)
    /// The next piece of the content, never empty.
    case body([UInt8])
    /// The request is complete; the next one may follow.
    case end
}

/// Turns the bytes of a connection into requests. RFC 9112.
///
/// Call ``next(_:)`` until it returns `nil`, then again with the bytes it left unread followed by
/// whatever arrived. A head is taken whole or not at all; content is taken as it comes. After it has
/// thrown, it throws the same refusal again: what follows on the connection has no meaning any more.
public struct HTTPRequestDecoder: Sendable {
    private let limits: HTTPLimits
    /// Most bytes of content. May be changed between the head and the next call, once the caller
    /// knows what is asked for.
    public var maxBody: Int
    private var state = State.head(FieldSectionScanner(), skippedEmptyLine: false)

    private enum State {
        case head(FieldSectionScanner, skippedEmptyLine: Bool)
        case content(HTTPBodyFraming)
        case counted(left: Int)
        case chunked(ChunkedBody)
        case failed(HTTPRefusal)
    }

    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        maxBody = limits.maxBody
    }

    /// Whether no request has begun, as far as the bytes offered so far tell: the connection may be
    /// closed without losing anything.
    public var isIdle: Bool {
        if case .head(let scanner, _) = state { scanner.isUntouched } else { false }
    }

    /// The next event, or `nil` when it takes more bytes.
    public mutating func next(_ reader: inout ByteReader) throws(HTTPRefusal) -> HTTPRequestEvent? {
        do {
            return try advance(&reader)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private mutating func advance(_ reader: inout ByteReader) throws(HTTPRefusal) -> HTTPRequestEvent? {
        switch state {
        case .head(let scanner, let skippedEmptyLine):
            return try head(&reader, scanner, skippedEmptyLine: skippedEmptyLine)
        case .content(.none):
            return end()
        case .content(.length(let length)):
            guard length <= maxBody else { throw .tooLarge }
            return counted(&reader, left: length)
        case .content(.chunked):
            return try chunked(&reader, ChunkedBody())
        case .counted(let left):
            return counted(&reader, left: left)
        case .chunked(let body):
            return try chunked(&reader, body)
        case .failed(let refusal):
            throw refusal
        }
    }

    private mutating func head(
        _ reader: inout ByteReader, _ progress: FieldSectionScanner, skippedEmptyLine: Bool
    ) throws(HTTPRefusal) -> HTTPRequestEvent? {
        var skipped = skippedEmptyLine
        // Some clients end the content before with a CR LF too many. RFC 9112 §2.2.
        if !skipped, reader.peek() == ASCII.cr {
            guard let second = reader.peek(1) else { return nil }
            if second == ASCII.lf {
                reader.take(2)
                skipped = true
            }
        }
        var scanner = progress
        let end = try scanner.end(
            in: reader, maxBytes: limits.maxHeadBytes, maxLines: limits.maxHeaders + 1)
        guard let end else {
            state = .head(scanner, skippedEmptyLine: skipped)
            return nil
        }
        guard scanner.lines > 0 else { throw HTTPRefusal(.badRequest, "empty request line") }
        let head = try HTTPRequestHead(parsing: reader.take(end), limits: limits)
        state = .content(try head.checkedFraming())
        maxBody = limits.maxBody
        return .head(head)
    }

    private mutating func counted(_ reader: inout ByteReader, left: Int) -> HTTPRequestEvent? {
        guard left > 0 else { return end() }
        let count = min(left, reader.remaining)
        state = .counted(left: left - count)
        return count > 0 ? .body(reader.take(count)) : nil
    }

    private mutating func chunked(
        _ reader: inout ByteReader, _ progress: ChunkedBody
    ) throws(HTTPRefusal) -> HTTPRequestEvent? {
        var body = progress
        let step = try body.next(&reader, maxBody: maxBody, limits: limits)
        state = .chunked(body)
        switch step {
        case .needsMore: return nil
        case .piece(let bytes): return .body(bytes)
        case .end: return end()
        }
    }

    private mutating func end() -> HTTPRequestEvent {
        state = .head(FieldSectionScanner(), skippedEmptyLine: false)
        return .end
    }
}

extension HTTPRefusal {
    static var tooLarge: HTTPRefusal { HTTPRefusal(.contentTooLarge, "content too large") }
}

extension ByteReader {
    /// Takes bytes that are known to be there.
    @discardableResult
    mutating func take(_ count: Int) -> [UInt8] {
        // The callers have looked at the last of these bytes or counted them: it cannot throw.
        (try? readBytes("HTTP", count: count)) ?? []
    }
}
