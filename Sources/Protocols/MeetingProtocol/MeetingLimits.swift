// SPDX-License-Identifier: Apache-2.0

/// The version of the protocol in this module, as `auth.protocol` in the Socket.IO handshake.
public let protocolVersion: Int64 = 3

/// The largest values a message may carry. The client shows the same numbers to people.
///
/// Characters are what a person counts (`Character`); bytes are UTF-8 and bound what a message can
/// cost when its characters are made of many code points.
public enum MeetingLimits {
    public static let nameCharacters = 60
    public static let nameBytes = 512
    public static let chatCharacters = 4000
    public static let chatBytes = 16_000
    /// Page, message and stream identifiers made by a client.
    public static let identifierBytes = 64
    /// The name of a file.
    public static let fileNameBytes = 200
    /// A seat token made by the server.
    public static let seatBytes = 512
    /// `signal.data` as compact JSON.
    public static let signalBytes = 65_536
    /// An offer or answer.
    public static let descriptionBytes = 262_144
    /// The name of a section of a session description.
    public static let sectionBytes = 16
    /// Slots of one page.
    public static let slots = 64
    /// A picture's side in pixels.
    public static let pictureSize: Int64 = 16_384
    /// People that one request may name.
    public static let people = 1000
    /// Reactions that one message may have.
    public static let reactions = 1000
    /// Polls that a meeting may have, open and closed.
    public static let polls = 20
    public static let pollOptions = 10
    public static let questionCharacters = 300
    public static let questionBytes = 1200
    public static let optionCharacters = 100
    public static let optionBytes = 400
    /// The newest lines that are kept of what is said with somebody who waits.
    public static let lobbyLines = 50
    /// People who may wait in the lobby of one meeting.
    public static let lobby = 100
    /// The newest chat messages that a room keeps at hand and that a join returns.
    public static let chatHistory = 500
}
