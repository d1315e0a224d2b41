// SPDX-License-Identifier: Apache-2.0
import ByteCoding
import NetworkAddresses
import STUN
import TLS
import TestKit

let digests = OpenSSLDigests()
let someID = STUNTransactionID(high: 0x0102_0304, low: 0x0506_0708_090A_0B0C)

/// What `body` makes of a message.
func read<Value>(
    _ bytes: [UInt8], _ body: (STUNMessage) throws -> Value
) throws -> Value {
    try unsafe bytes.withUnsafeBytes { try body(unsafe STUNMessage($0)) }
}

/// Whether the bytes are a message at all.
func isMessage(_ bytes: [UInt8]) -> Bool { (try? read(bytes) { _ in true }) ?? false }

func header(_ bytes: [UInt8]) -> STUNHeader? { unsafe bytes.withUnsafeBytes { unsafe STUNHeader($0) } }

func indication(_ bytes: [UInt8], type: UInt16 = RelayIndication.send) -> RelayIndication? {
    unsafe bytes.withUnsafeBytes { unsafe RelayIndication($0, type: type) }
}

func channelData(_ bytes: [UInt8]) -> ChannelData? { unsafe bytes.withUnsafeBytes { unsafe ChannelData($0) } }

func frameLength(_ bytes: [UInt8], limit: Int = STUNStreamFraming.maxSize) throws(DecodeError) -> Int? {
    try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(DecodeError) in
        try unsafe STUNStreamFraming.length(of: UnsafeRawBufferPointer(bytes), limit: limit)
    }
}
