// SPDX-License-Identifier: Apache-2.0

/// Bytes that travel as bytes: as an attachment of the packet, and in JavaScript as a Buffer or an
/// ArrayBuffer. A `[UInt8]` would be an array of numbers.
public struct Bytes: Hashable, Sendable {
    public var array: [UInt8]

    public init(_ array: some Sequence<UInt8>) { self.array = Array(array) }
}

extension Bytes: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: UInt8...) { array = elements }
}

/// Other coders than this module's see the array of numbers.
extension Bytes: Codable {
    public init(from decoder: any Decoder) throws {
        if let reader = decoder as? JSONTextReader {
            self = try reader.bytes()
        } else {
            array = try [UInt8](from: decoder)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if let writer = encoder as? JSONTextWriter {
            writer.put(writer.shared.attach(array))
        } else {
            try array.encode(to: encoder)
        }
    }
}
