// SPDX-License-Identifier: Apache-2.0

/// What a participant may send through the server, each at most once.
public enum MediaSource: String, Hashable, Sendable, CaseIterable {
    case microphone
    case camera
    case screen
    /// The sound of what is shared, where the browser can.
    case screenSound

    public var isVideo: Bool { self == .camera || self == .screen }
}

/// A peer connection between a page and the server, named by the page and never named so again.
public struct MediaConnectionID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A section of a session description: its `a=mid`. RFC 8843 §4.
public struct MediaSectionID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// One encoding of a track, as its sender names it: an `a=rid`. RFC 8851 §4. A track that is sent once has the empty name.
public struct EncodingID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Something that one participant sends.
public struct MediaTrack: Hashable, Sendable {
    public var participant: ParticipantID
    public var source: MediaSource

    public init(_ participant: ParticipantID, _ source: MediaSource) {
        self.participant = participant
        self.source = source
    }
}

/// Why the server has ended a peer connection.
public enum MediaEndReason: String, Hashable, Sendable, CaseIterable {
    /// Nothing was heard from the other side for too long. RFC 7675 §5.1.
    case lost
    /// No DTLS association came about, or not with the certificate that was announced.
    case handshakeFailed = "handshake-failed"
    /// The server has no more time for it.
    case overloaded
    /// The server carries no media any more.
    case stopped

    /// What happened, for a client that has no sentence of its own.
    public var message: String {
        switch self {
        case .lost: "Nothing was heard from this connection for too long."
        case .handshakeFailed: "The connection could not be encrypted."
        case .overloaded: "The server is too busy to carry this connection."
        case .stopped: "The server carries no media any more."
        }
    }
}

/// How much of the media the server can carry just now.
public enum MediaLoad: String, Hashable, Sendable, CaseIterable {
    case normal
    /// Pictures come in lower quality than there is bandwidth for.
    case reduced
    /// Only sound is carried.
    case soundOnly = "sound-only"
}
