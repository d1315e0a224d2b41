// SPDX-License-Identifier: Apache-2.0

/// One element of a packet's header extensions. RFC 8285 §4.
public struct ExtensionElement: Hashable, Sendable, BitwiseCopyable {
    public let id: UInt8
    /// Bytes from the start of the packet to the value.
    public let start: Int
    /// Bytes of the value.
    public let count: Int

    public var value: Range<Int> { start..<start + count }
}

/// A walk over the elements of a packet's header extensions, in either form. RFC 8285 §4.2, §4.3.
public struct ExtensionCursor: Sendable, BitwiseCopyable {
    private var offset: Int
    private var end: Int
    private let isLong: Bool

    /// For extensions of another form than RFC 8285's there is nothing to walk over.
    public init(_ header: RTPHeader) {
        offset = header.extensionStart
        isLong = header.extensionProfile & 0xFFF0 == 0x1000
        let isOurs = isLong || header.extensionProfile == 0xBEDE
        end = isOurs ? header.extensionStart + header.extensionCount : offset
    }

    /// The next element; `nil` behind the last one, and from the first that does not fit.
    @unsafe public mutating func next(in packet: UnsafeRawBufferPointer) -> ExtensionElement? {
        let end = min(end, packet.count)
        // Zeros are padding, wherever they are.
        while unsafe offset < end && packet[offset] == 0 { offset += 1 }
        guard offset < end else { return nil }
        let id: UInt8
        let count: Int
        let start: Int
        if isLong {
            guard offset + 2 <= end else { return nil }
            id = unsafe packet[offset]
            count = unsafe Int(packet[offset + 1])
            start = offset + 2
        } else {
            id = unsafe packet[offset] >> 4
            count = unsafe Int(packet[offset] & 0x0F) + 1
            start = offset + 1
            // Both end the walk, whatever they say of their length. RFC 8285 §4.2.
            guard id != 0, id != 15 else {
                self.end = offset
                return nil
            }
        }
        guard start + count <= end else {
            self.end = offset
            return nil
        }
        offset = start + count
        return ExtensionElement(id: id, start: start, count: count)
    }
}

/// What a packet's header extensions say, gathered in one pass.
///
/// Of an extension that occurs twice the first counts; one of a wrong length counts as absent.
public struct HeaderExtensions: Hashable, Sendable, BitwiseCopyable {
    /// Where a value of several bytes lies in the packet; no bytes for none.
    public struct Place: Hashable, Sendable, BitwiseCopyable {
        public var start: UInt16 = 0
        public var count: UInt8 = 0

        public var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
        public var isEmpty: Bool { count == 0 }
    }

    private var found: UInt16 = 0

    public private(set) var mid = Place()
    public private(set) var rid = Place()
    public private(set) var repairedRID = Place()
    public private(set) var dependencyDescriptor = Place()
    public private(set) var colorSpace = Place()
    public private(set) var absoluteCaptureTime = Place()
    public private(set) var videoTiming = Place()
    /// Voice activity in the highest bit and the level in -dBov in the others, 127 for silence. RFC 6464 §3.
    private var level: UInt8 = 0
    private var orientation: UInt8 = 0
    private var contentType: UInt8 = 0
    private var sequence: UInt16 = 0
    private var sendTime: UInt32 = 0
    private var delays: UInt32 = 0

    @unsafe public init(_ packet: UnsafeRawBufferPointer, _ header: RTPHeader, _ map: ExtensionMap) {
        var cursor = ExtensionCursor(header)
        while let element = unsafe cursor.next(in: packet) {
            guard let kind = map.kind(of: element.id), !has(kind) else { continue }
            if unsafe take(kind, element, packet) { found |= 1 << UInt16(kind.rawValue) }
        }
    }

    /// - Returns: Whether the value has the form of its kind.
    private mutating func take(
        _ kind: ExtensionKind, _ element: ExtensionElement, _ packet: UnsafeRawBufferPointer
    ) -> Bool {
        // Extensions lie in the first quarter of a megabyte at most, but a packet has 64 kB.
        guard element.count > 0, element.count <= 255, element.start <= 0xFFFF else { return false }
        let place = Place(start: UInt16(element.start), count: UInt8(element.count))
        switch kind {
        case .mid: mid = place
        case .rid: rid = place
        case .repairedRID: repairedRID = place
        case .dependencyDescriptor:
            guard element.count >= 3 else { return false }
            dependencyDescriptor = place
        case .colorSpace:
            guard element.count == 4 || element.count == 28 else { return false }
            colorSpace = place
        case .absoluteCaptureTime:
            guard element.count == 8 || element.count == 16 else { return false }
            absoluteCaptureTime = place
        case .videoTiming: videoTiming = place
        case .mixerAudioLevel: return false
        default: return unsafe takeNumber(kind, element, packet)
        }
        return true
    }

    private mutating func takeNumber(
        _ kind: ExtensionKind, _ element: ExtensionElement, _ packet: UnsafeRawBufferPointer
    ) -> Bool {
        switch (kind, element.count) {
        // In the long form there may be a zero behind the byte. RFC 6464 §4.
        case (.audioLevel, 1...2): level = unsafe packet[element.start]
        case (.videoOrientation, 1): orientation = unsafe packet[element.start]
        case (.videoContentType, 1): contentType = unsafe packet[element.start]
        // Version 2 of the draft appends a request for feedback, which we give anyway.
        case (.transportSequence, 2...4): sequence = unsafe packet.u16(at: element.start)
        case (.absoluteSendTime, 3): sendTime = unsafe packet.u24(at: element.start)
        case (.playoutDelay, 3): delays = unsafe packet.u24(at: element.start)
        default: return false
        }
        return true
    }

    public func has(_ kind: ExtensionKind) -> Bool { found >> UInt16(kind.rawValue) & 1 != 0 }

    /// How loud the packet is, in -dBov: 0 is the loudest there is, 127 is silence. RFC 6464 §3.
    public var audioLevel: UInt8? { has(.audioLevel) ? level & 0x7F : nil }
    /// Whether the sender takes it for speech; only where the extension says so.
    public var isVoice: Bool { has(.audioLevel) && level & 0x80 != 0 }
    /// The transport-wide sequence number of draft-holmer-rmcat-transport-wide-cc-extensions-01 §2.
    public var transportSequence: UInt16? { has(.transportSequence) ? sequence : nil }
    /// Seconds with 6 bits before and 18 bits behind the point, 64 s around.
    public var absoluteSendTime: UInt32? { has(.absoluteSendTime) ? sendTime : nil }
    /// 12 bits each of the least and the greatest delay, in units of 10 ms.
    public var playoutDelay: UInt32? { has(.playoutDelay) ? delays : nil }
    /// 3GPP TS 26.114 §7.4.5: camera, flip and rotation.
    public var videoOrientation: UInt8? { has(.videoOrientation) ? orientation : nil }
    public var videoContentType: UInt8? { has(.videoContentType) ? contentType : nil }
}
