// SPDX-License-Identifier: Apache-2.0

import FuzzKit
import MessagePack

fuzz { bytes in
    guard let value = accepted({ try MessagePackValue(decoding: bytes) }) else { return }
    let encoded = value.encoded
    let again = accepted { try MessagePackValue(decoding: encoded) }
    // The bytes are compared, because a NaN equals nothing.
    promise(again?.encoded == encoded, "a value survives a round trip")
    promise(accepted { try MessagePackValue(decoding: encoded + [0]) } == nil, "nothing may follow a value")
    promise(
        accepted { try MessagePackValue(decoding: Array(encoded.dropLast())) } == nil,
        "a value without its last byte is none")
}
