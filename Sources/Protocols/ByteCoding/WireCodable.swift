// SPDX-License-Identifier: Apache-2.0

/// A value with a binary form on the wire.
public protocol WireCodable: Sendable {
    /// Decodes the value from the front of `reader`, leaving whatever follows it.
    init(decoding reader: inout ByteReader) throws(DecodeError)
    /// Appends the value. Encoding cannot fail: a value that exists is a value that can be sent.
    func encode(into writer: inout ByteWriter)
}

extension WireCodable {
    /// Decodes bytes that hold this value and nothing else.
    public init(decoding bytes: [UInt8]) throws(DecodeError) {
        self = try bytes.withReader { (reader) throws(DecodeError) in
            let value = try Self(decoding: &reader)
            guard reader.remaining == 0 else {
                throw DecodeError(.invalid, "\(Self.self) trailing bytes", at: reader.offset)
            }
            return value
        }
    }

    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 128)
        encode(into: &writer)
        return writer.finish()
    }
}
