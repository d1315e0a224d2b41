// SPDX-License-Identifier: Apache-2.0

/// A header extension that we understand. RFC 8285 §5.
public enum ExtensionKind: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case mid
    case rid
    case repairedRID
    case audioLevel
    case absoluteSendTime
    case transportSequence
    case playoutDelay
    case videoOrientation
    case dependencyDescriptor
    case absoluteCaptureTime
    case colorSpace
    case videoContentType
    case videoTiming
    case mixerAudioLevel

    /// What stands in the `extmap` line of a session description.
    public var uri: String {
        switch self {
        case .mid: "urn:ietf:params:rtp-hdrext:sdes:mid"
        case .rid: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
        case .repairedRID: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
        case .audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
        case .absoluteSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
        case .transportSequence:
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
        case .playoutDelay: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
        case .videoOrientation: "urn:3gpp:video-orientation"
        case .dependencyDescriptor:
            "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
        case .absoluteCaptureTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
        case .colorSpace: "http://www.webrtc.org/experiments/rtp-hdrext/color-space"
        case .videoContentType: "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type"
        case .videoTiming: "http://www.webrtc.org/experiments/rtp-hdrext/video-timing"
        case .mixerAudioLevel: "urn:ietf:params:rtp-hdrext:csrc-audio-level"
        }
    }

    /// The kind with this name; `nil` for one that we do not understand.
    public init?(uri: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.uri == uri }) else { return nil }
        self = kind
    }
}

/// Which identifiers stand for which extensions, as one transport has negotiated. RFC 8285 §5, §6.
public struct ExtensionMap: Hashable, Sendable, BitwiseCopyable {
    /// Identifiers by kind; 0 for none.
    private var ids = SIMD16<UInt8>()
    /// Kinds plus one by identifier, for the identifiers that the short form has.
    private var kinds = SIMD16<UInt8>()

    public init() {}

    public init(_ entries: [(id: UInt8, kind: ExtensionKind)]) {
        for entry in entries { insert(entry.id, entry.kind) }
    }

    /// Maps an identifier to a kind. Of two identifiers for a kind, and of two kinds for an identifier, the first
    /// counts.
    /// - Returns: Whether it was mapped: 0 is no identifier, and 15 is none in the short form.
    @discardableResult public mutating func insert(_ id: UInt8, _ kind: ExtensionKind) -> Bool {
        guard id != 0, id != 15, self[kind] == 0, self.kind(of: id) == nil else { return false }
        ids[Int(kind.rawValue)] = id
        if id < 16 { kinds[Int(id)] = kind.rawValue + 1 }
        return true
    }

    /// The identifier of a kind; 0 when it was not negotiated.
    public subscript(kind: ExtensionKind) -> UInt8 { ids[Int(kind.rawValue)] }

    /// What an identifier stands for; `nil` when nothing was negotiated for it.
    public func kind(of id: UInt8) -> ExtensionKind? {
        if id < 16 {
            let kind = kinds[Int(id)]
            return kind == 0 ? nil : ExtensionKind(rawValue: kind - 1)
        }
        for kind in ExtensionKind.allCases where ids[Int(kind.rawValue)] == id { return kind }
        return nil
    }

    public var isEmpty: Bool { ids == SIMD16() }
}
