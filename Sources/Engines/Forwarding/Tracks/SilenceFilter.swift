// SPDX-License-Identifier: Apache-2.0

/// Leaves out what is nothing but silence, once a receiver's decoder has had time to fade out.
///
/// Microphones that are on send fifty packets a second even while nobody speaks; most senders say how loud each is
/// (RFC 6464). Whoever says nothing of that is always heard.
struct SilenceFilter: Hashable, BitwiseCopyable {
    /// Packets of silence that still pass.
    static let grace: UInt8 = 10
    /// As quiet as this is silence: no microphone that is on and unmuted is.
    static let threshold: UInt8 = 126

    private var silent: UInt8 = 0

    init() {}

    /// Whether a packet is worth sending.
    /// - Parameters:
    ///   - level: In -dBov; 127 is digital silence.
    ///   - hasLevel: Whether the sender told it.
    @inline(__always)
    mutating func passes(level: UInt8, hasLevel: Bool) -> Bool {
        guard hasLevel, level & 0x7F >= Self.threshold else {
            silent = 0
            return true
        }
        if silent < Self.grace {
            silent &+= 1
            return true
        }
        return false
    }
}
