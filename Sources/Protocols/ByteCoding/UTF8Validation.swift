// SPDX-License-Identifier: Apache-2.0

extension Array where Element == UInt8 {
    /// Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing past
    /// U+10FFFF, nothing cut short. RFC 3629 §4.
    public var isValidUTF8: Bool {
        unsafe withUnsafeBufferPointer { unsafe wellFormed(UnsafeRawBufferPointer($0)) }
    }
}

private func wellFormed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    let count = bytes.count
    while index < count {
        // Most text is ASCII: many bytes at a time.
        while index + 32 <= count, unsafe isASCII(bytes, from: index, words: 4) { index += 32 }
        while index + 8 <= count, unsafe isASCII(bytes, from: index, words: 1) { index += 8 }
        guard index < count else { return true }
        let lead = unsafe bytes[index]
        if lead < 0x80 {
            index += 1
            continue
        }
        guard let (length, second) = utf8Sequence(startingWith: lead), index + length <= count else {
            return false
        }
        guard second.contains(unsafe bytes[index + 1]) else { return false }
        for position in index + 2..<max(index + length, index + 2) {
            guard unsafe bytes[position] & 0xC0 == 0x80 else { return false }
        }
        index += length
    }
    return true
}

@inline(__always)
private func isASCII(_ bytes: UnsafeRawBufferPointer, from start: Int, words: Int) -> Bool {
    var all: UInt64 = 0
    for word in 0..<words {
        unsafe all |= bytes.loadUnaligned(fromByteOffset: start + 8 * word, as: UInt64.self)
    }
    return all & 0x8080_8080_8080_8080 == 0
}

/// The length of the sequence that `lead` starts and the bytes allowed second; `nil` for none.
@inlinable package func utf8Sequence(startingWith lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
    switch lead {
    case 0xC2...0xDF: (2, 0x80...0xBF)
    case 0xE0: (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80...0xBF)
    case 0xED: (3, 0x80...0x9F)
    case 0xF0: (4, 0x90...0xBF)
    case 0xF1...0xF3: (4, 0x80...0xBF)
    case 0xF4: (4, 0x80...0x8F)
    default: nil
    }
}
