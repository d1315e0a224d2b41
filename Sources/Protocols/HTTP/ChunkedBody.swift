// SPDX-License-Identifier: Apache-2.0

internal import ByteCoding

/// Progress through content in chunks. RFC 9112 §7.1.
///
/// Extensions are skipped and trailers are checked and dropped, both within bounds: no one here has a
/// use for them.
struct ChunkedBody {
    enum Step {
        case needsMore
        case piece([UInt8])
        case end
    }

    private enum State {
        case size
        case data(left: Int)
        case dataEnd
        case trailers(FieldSectionScanner)
    }

    private var state = State.size
    /// Content announced so far.
    private var total = 0
    private var extensionBytes = 0

    /// Longest line with a size: 16 digits, some extensions, CR LF.
    private static let maxSizeLine = 256

    mutating func next(
        _ reader: inout ByteReader, maxBody: Int, limits: HTTPLimits
    ) throws(HTTPRefusal) -> Step {
        while true {
            switch state {
            case .size:
                guard let size = try sizeLine(&reader, limits: limits) else { return .needsMore }
                guard size <= maxBody - total else { throw .tooLarge }
                total += size
                state = size > 0 ? .data(left: size) : .trailers(FieldSectionScanner())
            case .data(let left):
                let count = min(left, reader.remaining)
                guard count > 0 else { return .needsMore }
                state = count == left ? .dataEnd : .data(left: left - count)
                return .piece(reader.take(count))
            case .dataEnd:
                guard let first = reader.peek() else { return .needsMore }
                guard first == ASCII.cr else { throw HTTPRefusal(.badRequest, "chunk longer than its size") }
                guard let second = reader.peek(1) else { return .needsMore }
                guard second == ASCII.lf else { throw HTTPRefusal(.badRequest, "chunk longer than its size") }
                reader.take(2)
                state = .size
            case .trailers(var scanner):
                let end = try scanner.end(
                    in: reader, maxBytes: limits.maxHeadBytes, maxLines: limits.maxHeaders)
                state = .trailers(scanner)
                guard let end else { return .needsMore }
                _ = try HTTPHeaders(parsing: reader.take(end), from: 0)
                return .end
            }
        }
    }

    /// Takes `chunk-size [ chunk-ext ] CRLF`; `nil` while it is incomplete.
    private mutating func sizeLine(
        _ reader: inout ByteReader, limits: HTTPLimits
    ) throws(HTTPRefusal) -> Int? {
        guard let length = reader.distance(to: ASCII.lf, limit: Self.maxSizeLine) else {
            guard reader.remaining < Self.maxSizeLine else {
                throw HTTPRefusal(.badRequest, "chunk size line too long")
            }
            return nil
        }
        let line = reader.take(length + 1).dropLast()
        guard line.last == ASCII.cr else { throw HTTPRefusal(.badRequest, "line ends in LF without CR") }
        let digits = line.prefix { $0.hexDigitValue != nil }
        guard !digits.isEmpty else { throw HTTPRefusal(.badRequest, "invalid chunk size") }
        try checkExtensions(line[digits.endIndex...].dropLast(), maxBytes: limits.maxHeadBytes)
        var size = 0
        for digit in digits {
            guard size <= Int.max >> 4, let value = digit.hexDigitValue else { throw .tooLarge }
            size = size << 4 | Int(value)
        }
        return size
    }

    private mutating func checkExtensions(_ text: ArraySlice<UInt8>, maxBytes: Int) throws(HTTPRefusal) {
        guard !text.isEmpty else { return }
        guard text.trimmed.first == UInt8(ascii: ";"),
            text.allSatisfy({ $0 >= ASCII.space && $0 != 0x7F || $0 == ASCII.tab })
        else { throw HTTPRefusal(.badRequest, "invalid chunk extension") }
        extensionBytes += text.count
        guard extensionBytes <= maxBytes else { throw HTTPRefusal(.badRequest, "too many chunk extensions") }
    }
}
