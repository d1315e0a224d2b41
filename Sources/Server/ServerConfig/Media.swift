// SPDX-License-Identifier: Apache-2.0

/// Audio and video of meetings, which pass through the server.
public struct Media: Hashable, Sendable {
    public var isEnabled = true
    /// Whether clients on this machine may use 127.0.0.1 and ::1; for tests, others never reach them.
    public var loopbackCandidates = false
    /// What may be sent, the most wanted first.
    public var codecs: [VideoCodec] = [.vp8, .vp9, .h264, .av1]
    /// How many people are heard at once: those who speak loudest.
    public var audioSlots = 6
    /// Most videos that one participant receives.
    public var lastN = 25
    /// Most that one participant receives, and most that one sends.
    public var receiveBandwidth = Bandwidth(bitsPerSecond: 20_000_000)
    public var sendBandwidth = Bandwidth(bitsPerSecond: 8_000_000)
    /// Percent of its processor that an event loop may use before nobody new is let in.
    public var processorLimit = 85

    /// Who may publish and watch by WHIP and WHEP.
    public var whip = StreamAccess.tokens

    public enum StreamAccess: String, SettingChoice {
        case off
        /// Meetings only, with a bearer token.
        case tokens
        /// Rooms of any name, made by whoever publishes there, too.
        case anyone
    }

    public enum VideoCodec: String, SettingChoice { case vp8, vp9, av1, h264 }
}
