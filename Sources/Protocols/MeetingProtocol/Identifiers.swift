// SPDX-License-Identifier: Apache-2.0

/// Text that names one thing and means nothing else; nobody but its maker looks inside.
public protocol MeetingIdentifier: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
where RawValue == String, StringLiteralType == String {
    init(rawValue: String)
}

extension MeetingIdentifier {
    public init(_ text: String) { self.init(rawValue: text) }
    public init(stringLiteral text: String) { self.init(rawValue: text) }
    public var description: String { rawValue }
}

/// A participant of one meeting, chosen by the server; the same when they come back to their seat.
public struct ParticipantID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// One load of the meeting page, chosen by the client.
///
/// Peer connections live as long as a page does, so a participant with another page needs new ones.
public struct PageID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A chat message as its sender names it, so that sending it twice stores it once.
public struct MessageID: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What a client shows to come back to its seat. The server signs it; nobody else reads it.
public struct SeatToken: MeetingIdentifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}
