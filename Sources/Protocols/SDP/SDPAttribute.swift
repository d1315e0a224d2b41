// SPDX-License-Identifier: Apache-2.0

/// An attribute line: what follows `a=`.
public enum SDPAttribute: Hashable, Sendable {
    /// RFC 5888 §4.
    case mid(String)
    case group(SDPGroup)
    case direction(SDPDirection)
    case rtpMap(SDPRTPMap)
    case formatParameters(SDPFormatParameters)
    case feedback(SDPFeedback)
    case extensionMap(SDPExtensionMap)
    case source(SDPSource)
    case sourceGroup(SDPSourceGroup)
    case rid(SDPRID)
    case simulcast(SDPSimulcast)
    case mediaStream(SDPMediaStream)
    case iceUfrag(String)
    case icePassword(String)
    case iceOptions([String])
    case iceLite
    case candidate(SDPCandidate)
    case endOfCandidates
    case fingerprint(SDPFingerprint)
    case setup(SDPSetup)
    /// RTP and RTCP on one port. RFC 5761.
    case rtcpMux
    /// Reduced-size RTCP. RFC 5506.
    case rtcpReducedSize
    case bundleOnly
    /// One- and two-byte header extensions side by side. RFC 8285 §6.
    case extensionMapAllowMixed
    case sctpPort(UInt16)
    /// In bytes; 0 for any length. RFC 8841 §6.
    case maxMessageSize(Int)
    /// What this package does not read; without value where the line has no colon.
    case other(String, String?)
}

/// Who sends. RFC 8866 §6.7.
public enum SDPDirection: String, Hashable, Sendable, CaseIterable {
    case sendReceive = "sendrecv"
    case sendOnly = "sendonly"
    case receiveOnly = "recvonly"
    case inactive

    public init(sends: Bool, receives: Bool) {
        self = sends ? (receives ? .sendReceive : .sendOnly) : (receives ? .receiveOnly : .inactive)
    }

    public var sends: Bool { self == .sendReceive || self == .sendOnly }
    public var receives: Bool { self == .sendReceive || self == .receiveOnly }
}

extension SDPAttribute {
    /// - Returns: `nil` for a known attribute whose value is not one.
    init?(name: String, value: ArraySlice<UInt8>?) {
        guard let value else {
            guard let flag = Self.flag(name) else { return nil }
            self = flag
            return
        }
        guard let attribute = Self.transport(name, value) ?? Self.stream(name, value) else { return nil }
        self = attribute
    }

    /// Names that need a value and have none are nobody's.
    private static func flag(_ name: String) -> SDPAttribute? {
        if let direction = SDPDirection(rawValue: name) { return .direction(direction) }
        switch name {
        case "ice-lite": return .iceLite
        case "end-of-candidates": return .endOfCandidates
        case "rtcp-mux": return .rtcpMux
        case "rtcp-rsize": return .rtcpReducedSize
        case "bundle-only": return .bundleOnly
        case "extmap-allow-mixed": return .extensionMapAllowMixed
        default: return needsValue(name) ? nil : .other(name, nil)
        }
    }

    private static func needsValue(_ name: String) -> Bool {
        switch name {
        case "mid", "group", "rtpmap", "fmtp", "rtcp-fb", "extmap", "ssrc", "ssrc-group", "rid", "simulcast",
            "ice-ufrag", "ice-pwd", "candidate", "fingerprint", "setup", "sctp-port", "max-message-size":
            true
        default: false
        }
    }

    private static func transport(_ name: String, _ value: ArraySlice<UInt8>) -> SDPAttribute?? {
        switch name {
        case "mid":
            .some(SDPText.isToken(value) ? .mid(SDPText.string(value)) : nil)
        case "group":
            .some(SDPGroup(parsing: value).map(SDPAttribute.group))
        case "ice-ufrag":
            .some(iceText(value, 4...256).map(SDPAttribute.iceUfrag))
        case "ice-pwd":
            .some(iceText(value, 22...256).map(SDPAttribute.icePassword))
        case "ice-options":
            .some(.iceOptions(words(value)))
        case "candidate":
            .some(SDPCandidate(parsing: value).map(SDPAttribute.candidate))
        case "fingerprint":
            .some(SDPFingerprint(parsing: value).map(SDPAttribute.fingerprint))
        case "setup":
            .some(SDPSetup(rawValue: SDPText.string(value)).map(SDPAttribute.setup))
        case "sctp-port":
            .some(
                SDPText.number(value, upTo: 65_535).map { .sctpPort(UInt16(truncatingIfNeeded: $0)) })
        case "max-message-size":
            .some(SDPText.number(value, upTo: Int.max).map(SDPAttribute.maxMessageSize))
        default: .none
        }
    }

    private static func stream(_ name: String, _ value: ArraySlice<UInt8>) -> SDPAttribute? {
        switch name {
        case "rtpmap": SDPRTPMap(parsing: value).map(SDPAttribute.rtpMap)
        case "fmtp": SDPFormatParameters(parsing: value).map(SDPAttribute.formatParameters)
        case "rtcp-fb": SDPFeedback(parsing: value).map(SDPAttribute.feedback)
        case "extmap": SDPExtensionMap(parsing: value).map(SDPAttribute.extensionMap)
        case "ssrc": SDPSource(parsing: value).map(SDPAttribute.source)
        case "ssrc-group": SDPSourceGroup(parsing: value).map(SDPAttribute.sourceGroup)
        case "rid": SDPRID(parsing: value).map(SDPAttribute.rid)
        case "simulcast": SDPSimulcast(parsing: value).map(SDPAttribute.simulcast)
        case "msid": SDPMediaStream(parsing: value).map(SDPAttribute.mediaStream)
        default: .other(name, SDPText.string(value))
        }
    }

    private static func iceText(_ value: ArraySlice<UInt8>, _ lengths: ClosedRange<Int>) -> String? {
        lengths.contains(value.count) && SDPText.isICE(value) ? SDPText.string(value) : nil
    }

    private static func words(_ value: ArraySlice<UInt8>) -> [String] {
        var scanner = SDPScanner(value)
        var words: [String] = []
        while let word = scanner.wordText() { words.append(word) }
        return words
    }
}

extension SDPAttribute {
    func formatLine(into text: inout String) {
        text += "a="
        format(into: &text)
        text += "\r\n"
    }

    private func format(into text: inout String) {
        switch self {
        case .direction(let direction): text += direction.rawValue
        case .iceLite: text += "ice-lite"
        case .endOfCandidates: text += "end-of-candidates"
        case .rtcpMux: text += "rtcp-mux"
        case .rtcpReducedSize: text += "rtcp-rsize"
        case .bundleOnly: text += "bundle-only"
        case .extensionMapAllowMixed: text += "extmap-allow-mixed"
        default:
            let (name, value) = nameAndValue
            SDPText.append(name, to: &text)
            guard let value else { return }
            text += ":"
            SDPText.append(value, to: &text)
        }
    }

    private var nameAndValue: (String, String?) {
        switch self {
        case .mid(let name): ("mid", name)
        case .group(let group): ("group", group.description)
        case .rtpMap(let map): ("rtpmap", map.description)
        case .formatParameters(let parameters): ("fmtp", parameters.description)
        case .feedback(let feedback): ("rtcp-fb", feedback.description)
        case .extensionMap(let map): ("extmap", map.description)
        case .source(let source): ("ssrc", source.description)
        case .sourceGroup(let group): ("ssrc-group", group.description)
        case .rid(let rid): ("rid", rid.description)
        case .simulcast(let simulcast): ("simulcast", simulcast.description)
        case .mediaStream(let stream): ("msid", stream.description)
        case .iceUfrag(let text): ("ice-ufrag", text)
        case .icePassword(let text): ("ice-pwd", text)
        case .iceOptions(let options): ("ice-options", options.joined(separator: " "))
        case .candidate(let candidate): ("candidate", candidate.description)
        case .fingerprint(let fingerprint): ("fingerprint", fingerprint.description)
        case .setup(let setup): ("setup", setup.rawValue)
        case .sctpPort(let port): ("sctp-port", "\(port)")
        case .maxMessageSize(let size): ("max-message-size", "\(size)")
        case .other(let name, let value): (name, value)
        case .direction(let direction): (direction.rawValue, nil)
        case .iceLite, .endOfCandidates, .rtcpMux, .rtcpReducedSize, .bundleOnly, .extensionMapAllowMixed:
            ("", nil)
        }
    }
}
