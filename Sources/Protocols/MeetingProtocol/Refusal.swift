// SPDX-License-Identifier: Apache-2.0

/// A request the server turns down. The list is closed: a new case is a new protocol version.
///
/// Raw values cross the wire as `refused`, and every one has a sentence in the web client too.
public enum Refusal: String, Hashable, Sendable, CaseIterable, Error {
    case unsupportedProtocol = "unsupported-protocol"
    case invalidEvent = "invalid-event"
    case noSuchMeeting = "no-such-meeting"
    case meetingFull = "meeting-full"
    case alreadyJoined = "already-joined"
    case notJoined = "not-joined"
    case invalidName = "invalid-name"
    case chatTooLong = "chat-too-long"
    case chatEmpty = "chat-empty"
    case chatUnavailable = "chat-unavailable"
    case tooFast = "too-fast"
    case noSuchParticipant = "no-such-participant"
    case stalePage = "stale-page"
    case meetingEnded = "meeting-ended"
    case invalidSeat = "invalid-seat"
    case notHost = "not-host"
    case notAllowed = "not-allowed"
    case noSuchMessage = "no-such-message"
    case noSuchFile = "no-such-file"
    case noSuchPoll = "no-such-poll"
    case pollClosed = "poll-closed"
    case tooManyPolls = "too-many-polls"
    case meetingLocked = "meeting-locked"
    case denied
    case removed
    case mediaUnavailable = "media-unavailable"
    case invalidOffer = "invalid-offer"
    case mediaEnded = "media-ended"

    /// What happened and what to do, for a client that has no sentence of its own.
    public var message: String {
        switch self {
        case .unsupportedProtocol: "This server speaks version \(protocolVersion) of the meeting protocol."
        case .invalidEvent: "The server could not understand the request."
        case .noSuchMeeting: "There is no meeting with this code. Check the link."
        case .meetingFull: "This meeting is full."
        case .alreadyJoined: "This connection has already joined a meeting."
        case .notJoined: "Join the meeting first."
        case .invalidName: "A name has 1 to \(MeetingLimits.nameCharacters) characters."
        case .chatTooLong: "A message has at most \(MeetingLimits.chatCharacters) characters."
        case .chatEmpty: "The message is empty."
        case .chatUnavailable: "The server could not store the message. Try again in a moment."
        case .tooFast: "That was too fast. Try again in a moment."
        case .noSuchParticipant: "This participant is not in the meeting."
        case .stalePage: "This participant has reloaded their page."
        case .meetingEnded: "This meeting has ended."
        case .invalidSeat: "The seat token is not valid for this meeting. Join without it."
        case .notHost: "Only a host of the meeting may do this."
        case .notAllowed: "You may not do this in this meeting."
        case .noSuchMessage: "This message does not exist any more."
        case .noSuchFile: "The file is not on the server, or not all of it. Send it again."
        case .noSuchPoll: "This poll does not exist any more."
        case .pollClosed: "This poll is closed."
        case .tooManyPolls: "A meeting has at most \(MeetingLimits.polls) polls. Delete one first."
        case .meetingLocked: "The hosts have locked this meeting: nobody new can come in."
        case .denied: "The hosts did not let you in."
        case .removed: "The hosts have removed you from this meeting."
        case .mediaUnavailable: "The server cannot carry media at the moment."
        case .invalidOffer: "The server could not make use of the session description."
        case .mediaEnded: "This peer connection has ended. Offer another one."
        }
    }
}
