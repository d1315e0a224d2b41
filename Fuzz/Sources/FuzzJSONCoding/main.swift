// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import JSON
import JSONCoding

/// A bit of everything that values hold.
private final class Node: Codable {
    var name: String?
    var flag: Bool?
    var count: Int?
    var small: UInt8?
    var amount: Double?
    var bytes: [Bytes]?
    var raw: JSONText?
    var any: JSONValue?
    var children: [Node]?
    var named: [String: Node]?
}

fuzz { bytes in
    guard let text = accepted({ try JSONText(checking: bytes[...]) }),
        let node = accepted({ try JSONTextDecoder().decode(Node.self, from: text, attachments: [[], [1]]) })
    else { return }
    promise(accepted { try JSONTextDecoder().decode(JSONText.self, from: text) } == text, "text stays text")
    var attachments: [[UInt8]] = []
    let encoded = accepted { try JSONTextEncoder().encode(node, attachments: &attachments) }
    promise(encoded != nil, "what was decoded can be encoded")
    guard let encoded else { return }
    promise(
        accepted { try JSONText(checking: encoded.bytes, maxDepth: 65) } == encoded, "what is encoded is JSON"
    )
    promise(
        accepted { try JSONTextDecoder().decode(Node.self, from: encoded, attachments: attachments) } != nil,
        "what was encoded can be decoded")
}
