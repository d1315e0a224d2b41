// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Makes values from JSON text and the attachments its placeholders stand for.
///
/// Only what the value asks for is read: members it does not name are passed over. A number may be read
/// as any type that holds it exactly, a fraction as the nearest `Double`.
public struct JSONTextDecoder {
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    public init() {}

    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from text: JSONText, attachments: [[UInt8]] = []
    ) throws(JSONCodingError) -> Value {
        try decode(type, from: text, attachments: attachments, root: [])
    }

    /// - Parameter root: What the paths of errors start with.
    func decode<Value: Decodable>(
        _ type: Value.Type, from text: JSONText, attachments: [[UInt8]], root: [any CodingKey]
    ) throws(JSONCodingError) -> Value {
        let surroundings = JSONTextReader.Surroundings(attachments: attachments, userInfo: userInfo)
        do {
            return try JSONTextReader(text, key: nil, in: [], surroundings).read(type)
        } catch {
            throw JSONCodingError(error, root: root)
        }
    }
}
