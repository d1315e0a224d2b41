// SPDX-License-Identifier: Apache-2.0

/// A session description: what one end of a connection offers or answers. RFC 8866; RFC 8829 for WebRTC.
///
/// Attributes that this package knows are values (``SDPAttribute``); others, and lines that nobody reads any more,
/// are kept as they came, so that a description survives being read and written.
public struct SDPDescription: Hashable, Sendable {
    /// A line that is not an attribute: `t=0 0` is `("t", "0 0")`.
    public struct Line: Hashable, Sendable {
        /// One lower-case letter.
        public var type: Character
        public var value: String

        public init(_ type: Character, _ value: String) {
            self.type = type
            self.value = value
        }
    }

    /// `o=`: who made the description, and which edition of it this is. RFC 8866 §5.2.
    public struct Origin: Hashable, Sendable {
        public var username: String
        public var session: UInt64
        /// Greater with every new description of the session.
        public var version: UInt64
        /// Network type, address type and address, which say nothing in WebRTC: `IN IP4 0.0.0.0`.
        public var address: String

        public init(
            username: String = "-", session: UInt64, version: UInt64, address: String = "IN IP4 0.0.0.0"
        ) {
            self.username = username
            self.session = session
            self.version = version
            self.address = address
        }
    }

    public var origin: Origin
    /// `s=`
    public var name: String
    /// Everything between `s=` and the attributes, in its order.
    public var lines: [Line]
    public var attributes: [SDPAttribute]
    public var media: [SDPMedia]

    public init(
        origin: Origin, name: String = "-", lines: [Line] = [Line("t", "0 0")],
        attributes: [SDPAttribute] = [], media: [SDPMedia] = []
    ) {
        self.origin = origin
        self.name = name
        self.lines = lines
        self.attributes = attributes
        self.media = media
    }

    /// The text, each line ended by CR LF.
    public var formatted: String {
        var text = "v=0\r\no="
        SDPText.append(origin.username, to: &text)
        text += " \(origin.session) \(origin.version) "
        SDPText.append(origin.address, to: &text)
        text += "\r\ns="
        SDPText.append(name, to: &text)
        text += "\r\n"
        for line in lines { line.format(into: &text) }
        for attribute in attributes { attribute.formatLine(into: &text) }
        for section in media { section.format(into: &text) }
        return text
    }
}

extension SDPDescription.Line {
    func format(into text: inout String) {
        text.append(type)
        text += "="
        SDPText.append(value, to: &text)
        text += "\r\n"
    }
}

/// A media section: `m=` and what follows it. RFC 8866 §5.14.
public struct SDPMedia: Hashable, Sendable {
    /// `audio`, `video`, `application`, or whatever stands there.
    public var kind: String
    /// 0 for a section that was rejected, or that is only bundled.
    public var port: UInt16
    /// `UDP/TLS/RTP/SAVPF`
    public var transport: String
    /// Payload types, or `webrtc-datachannel`.
    public var formats: [String]
    /// `i=`, `c=`, `b=` and `k=` lines.
    public var lines: [SDPDescription.Line]
    public var attributes: [SDPAttribute]

    public init(
        kind: String, port: UInt16, transport: String, formats: [String],
        lines: [SDPDescription.Line] = [], attributes: [SDPAttribute] = []
    ) {
        self.kind = kind
        self.port = port
        self.transport = transport
        self.formats = formats
        self.lines = lines
        self.attributes = attributes
    }

    func format(into text: inout String) {
        text += "m="
        SDPText.append(kind, to: &text)
        text += " \(port) "
        SDPText.append(transport, to: &text)
        for format in formats {
            text += " "
            SDPText.append(format, to: &text)
        }
        text += "\r\n"
        for line in lines { line.format(into: &text) }
        for attribute in attributes { attribute.formatLine(into: &text) }
    }
}

/// Some attributes of a description that both ends already have: the body of a PATCH. RFC 8840 §9.
public struct SDPFragment: Hashable, Sendable {
    public var attributes: [SDPAttribute]
    public var media: [SDPMedia]

    public init(attributes: [SDPAttribute] = [], media: [SDPMedia] = []) {
        self.attributes = attributes
        self.media = media
    }

    public var formatted: String {
        var text = ""
        for attribute in attributes { attribute.formatLine(into: &text) }
        for section in media { section.format(into: &text) }
        return text
    }
}
