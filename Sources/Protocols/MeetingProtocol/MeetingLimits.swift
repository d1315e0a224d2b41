// SPDX-License-Identifier: Apache-2.0

/// The version of the protocol in this module, as `auth.protocol` in the Socket.IO handshake.
public let protocolVersion: Int64 = 2

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
    /// The newest chat messages that a room keeps at hand and that a join returns.
    public static let chatHistory = 500
}
