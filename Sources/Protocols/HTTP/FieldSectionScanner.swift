// SPDX-License-Identifier: Apache-2.0

internal import ByteCoding

/// Finds the empty line that ends a head or the trailers, each byte looked at once however the
/// section arrives.
///
/// Refuses what no line may hold as soon as it is seen, so that a peer that speaks another protocol
/// is not waited for: bare CR, bare LF, NUL and the other control characters.
struct FieldSectionScanner {
    private var scanned = 0
    private var lineStart = 0
    /// Lines that were not empty.
    private(set) var lines = 0

    var isUntouched: Bool { scanned == 0 }

    /// Bytes to the end of the section, the empty line included; `nil` while it is incomplete.
    ///
    /// The reader must stand at the start of the section in every call.
    mutating func end(
        in reader: borrowing ByteReader, maxBytes: Int, maxLines: Int
    ) throws(HTTPRefusal) -> Int? {
        var position = scanned
        defer { scanned = position }
        while let byte = reader.peek(position) {
            guard position < maxBytes else { throw tooLong }
            if byte >= ASCII.space && byte != 0x7F || byte == ASCII.tab {
                position += 1
                continue
            }
            guard byte == ASCII.cr else {
                let reason = byte == ASCII.lf ? "line ends in LF without CR" : "control character in head"
                throw HTTPRefusal(.badRequest, reason)
            }
            // The next call looks at this CR again, with the byte after it.
            guard let next = reader.peek(position + 1) else { return nil }
            guard next == ASCII.lf else { throw HTTPRefusal(.badRequest, "CR without LF") }
            guard position + 1 < maxBytes else { throw tooLong }
            position += 2
            if position - lineStart == 2 { return position }
            lineStart = position
            lines += 1
            guard lines <= maxLines else { throw HTTPRefusal(.headerFieldsTooLarge, "too many fields") }
        }
        return nil
    }

    private var tooLong: HTTPRefusal {
        lines == 0
            ? HTTPRefusal(.uriTooLong, "request line too long")
            : HTTPRefusal(.headerFieldsTooLarge, "fields too large")
    }
}
