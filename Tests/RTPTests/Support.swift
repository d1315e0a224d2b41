// SPDX-License-Identifier: Apache-2.0
import RTP

/// What `body` makes of borrowed bytes.
func lend<Value>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
    try unsafe bytes.withUnsafeBytes { try unsafe body($0) }
}

func readHeader(_ bytes: [UInt8]) -> RTPHeader? { unsafe lend(bytes) { unsafe RTPHeader($0) } }
func readKind(_ bytes: [UInt8]) -> RTPPacketKind? { unsafe lend(bytes) { unsafe RTPPacketKind($0) } }

/// What the extensions of a packet say.
func readExtensions(_ bytes: [UInt8], _ map: ExtensionMap) -> HeaderExtensions? {
    unsafe lend(bytes) { bytes in
        guard let header = unsafe RTPHeader(bytes) else { return nil }
        return unsafe HeaderExtensions(bytes, header, map)
    }
}

/// The elements of a packet's extensions, in their order.
func readElements(_ bytes: [UInt8]) -> [(id: UInt8, value: [UInt8])] {
    unsafe lend(bytes) { packet in
        guard let header = unsafe RTPHeader(packet) else { return [] }
        var cursor = ExtensionCursor(header)
        var elements: [(id: UInt8, value: [UInt8])] = []
        while let element = unsafe cursor.next(in: packet) {
            elements.append((element.id, unsafe Array(packet[element.value])))
        }
        return elements
    }
}

func readFacts(_ codec: VideoCodec, _ bytes: [UInt8], marker: Bool = false) -> FrameFacts? {
    unsafe lend(bytes) { unsafe FrameFacts(codec, $0, marker: marker) }
}

/// What `write` puts into memory of `room` bytes.
func written(room: Int = 1200, _ write: (inout RTCPWriter) -> Void) -> [UInt8] {
    var memory = [UInt8](repeating: 0xEE, count: room)
    let count = unsafe memory.withUnsafeMutableBytes { bytes in
        var writer = unsafe RTCPWriter(into: bytes)
        write(&writer)
        return writer.count
    }
    return Array(memory[..<count])
}

/// Calls `body` for each packet of a compound one.
/// - Returns: Whether all of it was right.
@discardableResult func walk(_ bytes: [UInt8], _ body: (RTCPPacket) -> Void) -> Bool {
    unsafe lend(bytes) { datagram in
        var cursor = RTCPCursor()
        while let packet = unsafe cursor.next(in: datagram) { body(packet) }
        return !cursor.isBroken
    }
}
