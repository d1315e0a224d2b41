// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import JSON

fuzz { bytes in
    guard let value = accepted({ try JSONValue(parsing: bytes) }) else { return }
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
