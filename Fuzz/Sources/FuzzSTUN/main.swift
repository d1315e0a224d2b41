// SPDX-License-Identifier: Apache-2.0

import ByteCoding
import FuzzKit
import NetworkAddresses
import STUN

/// The input is a datagram, or the beginning of a stream.
fuzz { bytes in
    unsafe bytes.withUnsafeBytes { bytes in
        let length = accepted { try unsafe STUNStreamFraming.length(of: bytes) }
        if let message = accepted({ try unsafe STUNMessage(bytes) }) {
            promise(length == .some(bytes.count), "a message is one frame of a stream")
            examine(message)
        }
        for type in [RelayIndication.send, RelayIndication.data] {
            if let indication = unsafe RelayIndication(bytes, type: type) {
                unsafe examine(indication, bytes)
            }
        }
        if let channel = unsafe ChannelData(bytes) {
            promise(channel.payload.upperBound <= bytes.count, "data is inside its datagram")
            if let length { promise((length ?? 0) >= channel.payload.upperBound, "and inside its frame") }
        }
    }
    if let name = TURNCredential.Name(username: bytes) {
        promise(name.expiry >= 0, "no time before 1970")
    }
    _ = STUNSecurityFeatures(nonce: bytes)
}

/// Reads everything there is, and writes what counts again.
func examine(_ message: STUNMessage) {
    var writer = STUNWriter(message.method, message.messageClass, id: message.transactionID)
    var cursor = STUNMessage.Cursor()
    var attributes: [(STUNAttributeType, [UInt8])] = []
    while let attribute = message.next(&cursor) {
        promise(attribute.value.upperBound <= message.count, "a value is inside its message")
        let value = message.bytes(in: attribute.value)
        attributes.append((attribute.type, value))
        writer.append(attribute.type, value)
        if let address = message.address(in: attribute) {
            var again = STUNWriter(message.method, message.messageClass, id: message.transactionID)
            again.append(attribute.type, address)
            withMessage(again.finish()) {
                promise($0.address(attribute.type) == address, "an address is read as it was written")
            }
        }
    }
    _ = (
        message.errorCode, message.addressError, message.unknownAttributes, message.evenPort,
        message.channelNumber
    )
    _ = (message.passwordAlgorithm, message.passwordAlgorithms, message.text(.username), message.malformed)
    promise(message.unknownRequired(besides: []).count <= 8, "the list of unknown attributes is bounded")
    let digests = Checksum()
    _ = (message.isIntact(.sha1, key: [1], digests), message.isIntact(.sha256, key: [1], digests))
    _ = message.isFingerprintRight

    // Full messages have no room for what protects them.
    let hasRoom = writer.count < 0xFF00
    writer.append(.sha1, key: [1], digests)
    writer.append(.sha256, key: [2], digests)
    writer.appendFingerprint()
    withMessage(writer.finish()) { again in
        var cursor = STUNMessage.Cursor()
        for (type, value) in attributes {
            guard let attribute = again.next(&cursor) else { return promise(false, "no attribute is lost") }
            promise(attribute.type == type, "attributes keep their order")
            promise(again.bytes(in: attribute.value) == value, "and their values")
        }
        guard hasRoom else { return }
        promise(again.isIntact(.sha1, key: [1], digests), "a written code is right")
        promise(again.isIntact(.sha256, key: [2], digests), "the other one, too")
        promise(again.hasFingerprint && again.isFingerprintRight, "and so is the checksum")
    }
}

/// The fast reader and the complete one agree.
@unsafe func examine(_ indication: RelayIndication, _ bytes: UnsafeRawBufferPointer) {
    guard let message = accepted({ try unsafe STUNMessage(bytes) }) else {
        return promise(false, "an indication is a message")
    }
    promise(message.messageClass == .indication, "an indication is one")
    promise(message.address(.xorPeerAddress) == indication.peer, "both readers see the same peer")
    promise(message.range(.data) == indication.payload, "and the same data")
    promise(message.has(.dontFragment) == indication.dontFragment, "and the same wish")
    promise(message.isFingerprintRight, "with a right fingerprint")
    promise(
        message.unknownRequired(besides: [.xorPeerAddress, .data, .dontFragment]).isEmpty,
        "and nothing that must be understood is passed over")
}

func withMessage(_ bytes: [UInt8], _ body: (STUNMessage) -> Void) {
    unsafe bytes.withUnsafeBytes { bytes in
        guard let message = accepted({ try unsafe STUNMessage(bytes) }) else {
            return promise(false, "what is written is read")
        }
        body(message)
    }
}
