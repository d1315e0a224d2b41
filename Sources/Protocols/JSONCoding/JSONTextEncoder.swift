// SPDX-License-Identifier: Apache-2.0
public import JSON

/// Makes JSON text from values; ``Bytes`` in them become attachments.
public struct JSONTextEncoder {
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    public init() {}

    /// - Parameter attachments: What ``Bytes`` in the value are appended to.
    public func encode<Value: Encodable>(
        _ value: Value, attachments: inout [[UInt8]]
    ) throws(JSONCodingError) -> JSONText {
        try encode(value, attachments: &attachments, root: [])
    }

    /// - Parameter root: What the paths of errors start with.
    func encode<Value: Encodable>(
        _ value: Value, attachments: inout [[UInt8]], root: [any CodingKey]
    ) throws(JSONCodingError) -> JSONText {
        let shared = JSONTextWriter.Shared(attachments: attachments, userInfo: userInfo)
        do {
            let part = try shared.part(value, key: nil, in: [])
            attachments = shared.attachments
            return part.text
        } catch {
            throw JSONCodingError(error, root: root)
        }
    }
}
