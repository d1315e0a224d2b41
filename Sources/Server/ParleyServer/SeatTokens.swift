// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import MeetingProtocol
internal import TLS

/// Makes and checks the tokens that bring a participant back to their seat.
///
/// A token is `<participant>.<MAC>`: the server keeps nothing, so tokens of a process that was killed
/// are good for the next one.
struct SeatTokens: Sendable {
    private let key: [UInt8]

    /// - Parameter secret: The server's own secret, 32 bytes.
    init(secret: [UInt8]) { key = Digest.hmacSHA256(key: secret, Array("seat tokens".utf8)) }

    func token(for participant: ParticipantID, in meeting: MeetingCode) -> SeatToken {
        SeatToken("\(participant.rawValue).\(code(participant.rawValue, meeting))")
    }

    /// - Returns: whose token it is; `nil` when it was not made here for this meeting.
    func participant(of token: SeatToken, in meeting: MeetingCode) -> ParticipantID? {
        let parts = token.rawValue.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        let expected = code(String(parts[0]), meeting)
        guard Digest.constantTimeEqual(Array(parts[1].utf8), Array(expected.utf8)) else { return nil }
        return ParticipantID(String(parts[0]))
    }

    /// What those who sit in a meeting have in common as users of the relay: the same after a restart, when some come
    /// back earlier than others, and no help in finding the meeting.
    func relayGroup(of meeting: MeetingCode) -> String {
        Base64.urlText(Digest.hmacSHA256(key: key, Array("relay group \(meeting.text)".utf8)).prefix(12))
    }

    private func code(_ participant: String, _ meeting: MeetingCode) -> String {
        Base64.urlText(Digest.hmacSHA256(key: key, Array("\(meeting.text) \(participant)".utf8)))
    }
}
