// SPDX-License-Identifier: Apache-2.0

/// `a=rtpmap`: what a payload type stands for. RFC 8866 §6.6.
public struct SDPRTPMap: Hashable, Sendable, CustomStringConvertible {
    /// 0 to 127.
    public var payloadType: UInt8
    /// As it came: `VP8`, `opus`, `rtx`. Names are the same in capitals and small letters.
    public var encoding: String
    /// Ticks in a second.
    public var clockRate: UInt32
    /// Channels of audio; `nil` where none are told.
    public var channels: UInt8?

    public init(payloadType: UInt8, encoding: String, clockRate: UInt32, channels: UInt8? = nil) {
        self.payloadType = payloadType
        self.encoding = encoding
        self.clockRate = clockRate
        self.channels = channels
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let type = scanner.number(upTo: 127), let format = scanner.word(), scanner.word() == nil else {
            return nil
        }
        var parts = SDPScanner(format)
        let encoding = parts.field(before: SDPText.slash)
        guard SDPText.isToken(encoding),
            let rate = SDPText.number(parts.field(before: SDPText.slash), upTo: 10_000_000),
            rate > 0
        else { return nil }
        self.init(
            payloadType: UInt8(truncatingIfNeeded: type), encoding: SDPText.string(encoding),
            clockRate: UInt32(truncatingIfNeeded: rate))
        guard !parts.isAtEnd else { return }
        guard let channels = SDPText.number(parts.rest, upTo: 255) else { return nil }
        self.channels = UInt8(truncatingIfNeeded: channels)
    }

    public var description: String {
        let text = "\(payloadType) \(encoding)/\(clockRate)"
        guard let channels else { return text }
        return text + "/\(channels)"
    }
}

/// `a=fmtp`: how a format is used. RFC 8866 §6.15.
public struct SDPFormatParameters: Hashable, Sendable, CustomStringConvertible {
    /// A payload type, or a name.
    public var format: String
    /// As they came: `minptime=10;useinbandfec=1`.
    public var parameters: String

    public init(format: String, parameters: String) {
        self.format = format
        self.parameters = parameters
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let format = scanner.word(), SDPText.isToken(format) else { return nil }
        self.init(format: SDPText.string(format), parameters: scanner.remainder())
    }

    /// ``format`` as a payload type.
    public var payloadType: UInt8? {
        guard let number = SDPText.number(ArraySlice(format.utf8), upTo: 127) else { return nil }
        return UInt8(truncatingIfNeeded: number)
    }

    /// The value of the first parameter of that name, which is the same in capitals and small letters; an empty
    /// text for one that has none.
    public subscript(_ name: String) -> String? {
        var scanner = SDPScanner(ArraySlice(parameters.utf8))
        while !scanner.isAtEnd {
            var parameter = SDPScanner(scanner.field(before: SDPText.semicolon))
            var pair = SDPScanner(ArraySlice(parameter.remainder().utf8))
            let key = SDPText.string(pair.field(before: SDPText.equals))
            if key.lowercased() == name.lowercased() { return pair.remainder() }
        }
        return nil
    }

    public var description: String { parameters.isEmpty ? format : format + " " + parameters }
}

/// `a=rtcp-fb`: feedback that the end takes. RFC 4585 §4.2.
public struct SDPFeedback: Hashable, Sendable, CustomStringConvertible {
    /// `nil` for all payload types of the section.
    public var payloadType: UInt8?
    /// `nack pli`, `transport-cc`
    public var kind: String

    public init(payloadType: UInt8?, kind: String) {
        self.payloadType = payloadType
        self.kind = kind
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let type = scanner.word() else { return nil }
        if type == [UInt8(ascii: "*")] {
            self.init(payloadType: nil, kind: scanner.remainder())
        } else {
            guard let number = SDPText.number(type, upTo: 127) else { return nil }
            self.init(payloadType: UInt8(truncatingIfNeeded: number), kind: scanner.remainder())
        }
        guard !kind.isEmpty else { return nil }
    }

    public var description: String {
        guard let payloadType else { return "* " + kind }
        return "\(payloadType) " + kind
    }
}

/// `a=extmap`: the identifier of a header extension. RFC 8285 §5.
public struct SDPExtensionMap: Hashable, Sendable, CustomStringConvertible {
    /// 1 to 255 in packets; offers may park extensions at 4096 and above.
    public var id: Int
    /// `nil` where the section's direction counts.
    public var direction: SDPDirection?
    public var uri: String
    /// What follows the name, as it came.
    public var attributes: String

    public init(id: Int, direction: SDPDirection? = nil, uri: String, attributes: String = "") {
        self.id = id
        self.direction = direction
        self.uri = uri
        self.attributes = attributes
    }

    init?(parsing value: ArraySlice<UInt8>) {
        var scanner = SDPScanner(value)
        guard let head = scanner.word(), let uri = scanner.wordText() else { return nil }
        var parts = SDPScanner(head)
        guard let id = SDPText.number(parts.field(before: SDPText.slash), upTo: 4_351), id > 0 else {
            return nil
        }
        self.init(id: id, uri: uri)
        if !parts.isAtEnd {
            guard let direction = SDPDirection(rawValue: SDPText.string(parts.rest)) else { return nil }
            self.direction = direction
        }
        attributes = scanner.remainder()
    }

    public var description: String {
        var text = "\(id)"
        if let direction { text += "/" + direction.rawValue }
        text += " " + uri
        return attributes.isEmpty ? text : text + " " + attributes
    }
}
