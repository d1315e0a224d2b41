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
    private var afterCR = false
    /// Lines that were not empty.
    private(set) var lines = 0

    var isUntouched: Bool { scanned == 0 }

    /// Bytes to the end of the section, the empty line included; `nil` while it is incomplete.
    ///
    /// The reader must stand at the start of the section in every call.
    mutating func end(
        in reader: borrowing ByteReader, maxBytes: Int, maxLines: Int
    ) throws(HTTPRefusal) -> Int? {
        while let byte = reader.peek(scanned) {
            guard scanned < maxBytes else {
                throw lines == 0
                    ? HTTPRefusal(.uriTooLong, "request line too long")
                    : HTTPRefusal(.headerFieldsTooLarge, "fields too large")
            }
            scanned += 1
            if byte == ASCII.lf {
                guard afterCR else { throw HTTPRefusal(.badRequest, "line ends in LF without CR") }
                afterCR = false
                if scanned - lineStart == 2 { return scanned }
                lineStart = scanned
                lines += 1
                guard lines <= maxLines else { throw HTTPRefusal(.headerFieldsTooLarge, "too many fields") }
            } else if afterCR {
                throw HTTPRefusal(.badRequest, "CR without LF")
            } else if byte < ASCII.space || byte == 0x7F {
                afterCR = byte == ASCII.cr
                guard afterCR || byte == ASCII.tab else {
                    throw HTTPRefusal(.badRequest, "control character in head")
                }
            }
        }
        return nil
    }
}
