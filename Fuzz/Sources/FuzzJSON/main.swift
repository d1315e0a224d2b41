// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import JSON

fuzz { bytes in
    let checked = accepted { try JSONText(checking: bytes[...]) }
    guard let value = accepted({ try JSONValue(parsing: bytes) }) else {
        return promise(checked == nil, "what cannot be parsed is not accepted as text either")
    }
    promise(checked?.value == value, "checked text is the value that parsing gives")
    promise(checked?.string == value.string, "a string is the same without the value")
    promise(checked?.array?.map(\.value) == value.array, "elements are the same without the value")
    var text: [UInt8] = []
    value.format(into: &text)
    let again = accepted { try JSONValue(parsing: text) }
    promise(again == value, "a parsed value survives a round trip")
    visit(value)
}

/// Reads every number as the protocols do.
private func visit(_ value: JSONValue) {
    if let number = value.number {
        promise(number.double.isFinite, "a parsed number is finite")
        if let integer = number.integer {
            promise(number.double == Double(integer), "a whole number is one number, however it is read")
        }
    }
    for element in value.array ?? [] { visit(element) }
    for member in value.object?.members ?? [] { visit(member.value) }
}
