// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// How loud one microphone is: an average over some 300 ms of the levels that packets carry. RFC 6464.
struct Loudness: BitwiseCopyable {
    /// Below this nobody speaks: 127 less 50 dB, in 256ths.
    static let speech: Int32 = 77 << 8

    private var average: Int32 = 0
    private var last = Instant.origin

    /// - Parameter level: In -dBov, 127 for silence.
    @inline(__always)
    mutating func note(_ level: UInt8, isVoice: Bool, at now: Instant) {
        // What a sender does not call a voice counts for a little less: keyboards are loud.
        let loud = Int32(127 - min(level & 0x7F, 127)) - (isVoice ? 0 : 10)
        average += (max(loud, 0) << 8 - average) / 16
        last = now
    }

    /// The average, or silence where packets have stopped coming.
    func value(at now: Instant) -> Int32 { last.duration(to: now) < .milliseconds(600) ? average : 0 }
}

/// Who speaks in a room, the loudest first, with as few changes as people expect.
struct Speakers {
    /// How often it is decided.
    static let interval = Duration.milliseconds(200)
    /// Whoever speaks keeps its place until somebody is louder by this, in 256ths of a dB, and is not forgotten for
    /// a while after its last word.
    static let margin: Int32 = 4 << 8
    static let memory = Duration.seconds(2)
    static let most = 16

    private struct Speaker: BitwiseCopyable {
        var publication: UInt32
        var loudness: Int32
        var spokeAt: Instant
    }

    private var speakers: ContiguousArray<Speaker> = []
    private(set) var next = Instant.origin

    /// The place of a microphone: 0 for the loudest, `max` for one that is silent.
    func rank(of publication: UInt32) -> Int {
        speakers.firstIndex { $0.publication == publication } ?? .max
    }

    var order: [UInt32] { speakers.map(\.publication) }

    /// Begins a decision: whoever has been silent for too long is forgotten.
    mutating func begin(at now: Instant) {
        next = now.advanced(by: Self.interval)
        for index in speakers.indices { speakers[index].loudness = 0 }
        speakers.removeAll { $0.spokeAt.duration(to: now) > Self.memory }
    }

    /// Takes one microphone into the decision.
    mutating func note(_ publication: UInt32, _ loudness: Int32, at now: Instant) {
        let isSpeaking = loudness >= Loudness.speech
        if let known = speakers.firstIndex(where: { $0.publication == publication }) {
            speakers[known].loudness = loudness
            if isSpeaking { speakers[known].spokeAt = now }
        } else if isSpeaking, speakers.count < Self.most {
            speakers.append(Speaker(publication: publication, loudness: loudness, spokeAt: now))
        }
    }

    mutating func forget(_ publication: UInt32) { speakers.removeAll { $0.publication == publication } }

    /// Ends a decision.
    /// - Returns: Whether the order is another one.
    mutating func finish(count before: Int) -> Bool {
        var changed = speakers.count != before
        for end in speakers.indices.dropFirst() {
            var place = end
            while place > 0, speakers[place].loudness > speakers[place - 1].loudness + Self.margin {
                speakers.swapAt(place, place - 1)
                place -= 1
                changed = true
            }
        }
        return changed
    }

    var count: Int { speakers.count }
}
