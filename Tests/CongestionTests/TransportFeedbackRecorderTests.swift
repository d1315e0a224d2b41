// SPDX-License-Identifier: Apache-2.0
import EngineKit
import RTP
import Testing

@testable import Congestion

@Suite("Transport-wide feedback of what arrives")
struct TransportFeedbackRecorderTests {
    /// What a sender reads: sequence numbers, and their arrival in ms after the first, `nil` for lost.
    private struct Told: Equatable {
        var sequence: UInt16
        var arrival: Int64?
    }

    private func tell(_ recorder: inout TransportFeedbackRecorder, room: Int = 1200) -> [Told] {
        var told: [Told] = []
        while true {
            var bytes = [UInt8](repeating: 0, count: room)
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe recorder.write(into: $0, sender: 1, media: 2)
            }
            guard count > 0 else { return told }
            unsafe bytes.withUnsafeBytes { buffer in
                var cursor = RTCPCursor()
                let datagram = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
                while let packet = unsafe cursor.next(in: datagram) {
                    guard var statuses = packet.statuses() else { return }
                    while let status = packet.next(&statuses) {
                        told.append(
                            Told(sequence: status.sequence, arrival: status.arrival.map { $0 / 4 }))
                    }
                }
            }
        }
    }

    private func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000)
    }

    @Test("tells arrivals and losses in order, across the wrap of the numbers")
    func inOrder() {
        var recorder = TransportFeedbackRecorder()
        #expect(recorder.deadline == nil)
        recorder.received(65534, at: at(0))
        recorder.received(65535, at: at(3))
        recorder.received(2, at: at(9))
        #expect(recorder.deadline == at(50))
        let expected = [
            Told(sequence: 65534, arrival: 0), Told(sequence: 65535, arrival: 3),
            Told(sequence: 0, arrival: nil), Told(sequence: 1, arrival: nil), Told(sequence: 2, arrival: 9),
        ]
        #expect(tell(&recorder) == expected)
        #expect(recorder.deadline == nil)
        #expect(tell(&recorder).isEmpty)
    }

    @Test("tells losses in front of the first arrival")
    func leadingLoss() {
        var recorder = TransportFeedbackRecorder()
        recorder.received(10, at: at(0))
        _ = tell(&recorder)
        recorder.received(13, at: at(20))
        let expected = [
            Told(sequence: 11, arrival: nil), Told(sequence: 12, arrival: nil),
            Told(sequence: 13, arrival: 20),
        ]
        #expect(tell(&recorder) == expected)
    }

    @Test("tells of a packet that came late, with those behind it")
    func reordered() {
        var recorder = TransportFeedbackRecorder()
        for sequence: UInt16 in [1, 2, 4, 5] { recorder.received(sequence, at: at(Int64(sequence))) }
        _ = tell(&recorder)
        recorder.received(3, at: at(60))
        // They came before it: their deltas are negative.
        let expected = [
            Told(sequence: 3, arrival: 59), Told(sequence: 4, arrival: 3), Told(sequence: 5, arrival: 4),
        ]
        #expect(tell(&recorder) == expected)
    }

    @Test("counts a packet once that came twice")
    func duplicate() {
        var recorder = TransportFeedbackRecorder()
        recorder.received(1, at: at(0))
        recorder.received(2, at: at(4))
        recorder.received(2, at: at(30))
        #expect(tell(&recorder) == [Told(sequence: 1, arrival: 0), Told(sequence: 2, arrival: 4)])
    }

    @Test("goes on after a leap of the numbers and after a pause of minutes")
    func leap() {
        var recorder = TransportFeedbackRecorder()
        recorder.received(1, at: at(0))
        recorder.received(20_000, at: at(10))
        #expect(tell(&recorder) == [Told(sequence: 20_000, arrival: 10)])
        recorder.received(20_001, at: at(20))
        recorder.received(20_002, at: at(600_000))
        let told = tell(&recorder)
        #expect(told.map(\.sequence) == [20_001, 20_002])
        #expect(told.map(\.arrival) == [20, 600_000])
    }

    @Test("splits what one packet has no room for")
    func splits() {
        var recorder = TransportFeedbackRecorder()
        for sequence: UInt16 in 0..<900 { recorder.received(sequence, at: at(Int64(sequence) * 7)) }
        let told = tell(&recorder, room: 200)
        #expect(told.map(\.sequence) == Array(0..<900))
        #expect(told.map(\.arrival) == (0..<900).map { Int64($0) * 7 })
    }

    @Test("drops what has no room at all rather than wait for ever")
    func noRoom() {
        var recorder = TransportFeedbackRecorder()
        recorder.received(1, at: at(0))
        #expect(tell(&recorder, room: 8).isEmpty)
        recorder.received(2, at: at(1))
        #expect(tell(&recorder) == [Told(sequence: 2, arrival: 1)])
    }
}
