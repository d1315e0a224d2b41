// SPDX-License-Identifier: Apache-2.0

extension Setting {
    /// The settings of audio and video.
    static let media: [Setting] = [
        Setting(
            "media.enabled", \.media.isEnabled,
            "Pass audio and video of meetings through this server, which is what lets many people meet."),
        Setting(
            "media.codecs", \.media.codecs, accepts: { !$0.isEmpty && Set($0).count == $0.count },
            "Video codecs that participants may send, the most wanted first."),
        Setting(
            "media.audio-slots", \.media.audioSlots, in: 1...50,
            "How many people are heard at once in a meeting: those who speak."),
        Setting(
            "media.last-n", \.media.lastN, in: 0...100,
            "Most videos that one participant receives at a time; 0 makes every meeting one of voices."),
        Setting(
            "media.receive-bandwidth", \.media.receiveBandwidth,
            "Most that is sent to one participant."),
        Setting(
            "media.send-bandwidth", \.media.sendBandwidth,
            "Most that one participant is told to send."),
        Setting(
            "media.processor-limit", \.media.processorLimit, in: 10...100,
            """
            Percent of a processor that one event loop may use before nobody new can send or receive in its meetings, \
            and video gives way to sound.
            """),
        Setting(
            "media.whip", \.media.whip,
            """
            Who may publish and watch without a page, by WHIP and WHEP: nobody (off), those with a token of a meeting \
            (tokens), or anyone, in rooms of any name that is no meeting's code.
            """),
        Setting(
            "media.loopback-candidates", \.media.loopbackCandidates,
            "Offer the loopback addresses for media, too; for tests on one machine."),
    ]
}
