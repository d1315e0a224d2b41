// SPDX-License-Identifier: Apache-2.0
internal import JSON
public import SocketIOPackets

/// Arguments from values and values from arguments. The path of an error starts with the number of the
/// argument: `[0].name is missing`.
extension SocketIOArguments {
    /// Most attachments that clients take in one packet. The official parser's limit.
    private static var maxAttachments: Int { SocketIODecoder.Limits().attachments }

    /// One argument for each value; ``Bytes`` in them become attachments.
    public init<each Value: Encodable>(encoding values: repeat each Value) throws(JSONCodingError) {
        var list: [any Encodable] = []
        repeat list.append(each values)
        try self.init(encodingAll: list)
    }

    private init(encodingAll values: [any Encodable]) throws(JSONCodingError) {
        var texts: [JSONText] = []
        var attachments: [[UInt8]] = []
        for (index, value) in values.enumerated() {
            let root = [AnyKey(intValue: index)]
            texts.append(try JSONTextEncoder().encode(value, attachments: &attachments, root: root))
        }
        guard attachments.count <= Self.maxAttachments else {
            throw JSONCodingError(
                path: "", problem: "has \(attachments.count) attachments; clients take \(Self.maxAttachments)"
            )
        }
        self.init(texts: texts, attachments: attachments)
    }

    /// One value for each of `types`, from the first argument on; further arguments are not looked at.
    /// An argument that is not there is `nil` for an optional type.
    @_semantics("optimize.no.crossmodule")  // Swift 6.3.1 crashes when it copies packs between modules.
    public func decode<each Value: Decodable>(
        _ types: repeat (each Value).Type
    ) throws(JSONCodingError) -> (repeat each Value) {
        var index = -1
        func next<Next: Decodable>(_ type: Next.Type) throws(JSONCodingError) -> Next {
            index += 1
            return try decode(type, at: index)
        }
        return (repeat try next(each types))
    }

    /// The value of the argument `index`, which may be beyond the last.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, at index: Int
    ) throws(JSONCodingError) -> Value {
        let decoder = JSONTextDecoder()
        let root = [AnyKey(intValue: index)]
        guard indices.contains(index) else {
            do throws(JSONCodingError) {
                return try decoder.decode(type, from: JSONText(.null))
            } catch {
                throw JSONCodingError(
                    DecodingError.keyNotFound(
                        root[0], .init(codingPath: [], debugDescription: "is missing")))
            }
        }
        return try decoder.decode(type, from: self[index], attachments: attachments, root: root)
    }
}
