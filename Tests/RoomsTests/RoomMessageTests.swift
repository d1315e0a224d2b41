// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import MeetingProtocol
import Testing

@testable import Rooms

@Suite("Media states and signals")
struct RoomMessageTests {
    var test = RoomTest()
    let ana: Participant
    let bo: Participant

    init() throws {
        ana = try test.seat(1, name: "Ana", page: "a1")
        bo = try test.seat(2, name: "Bo", page: "b1")
    }

    @Test("others hear of a media state that changed")
    mutating func media() throws {
        let sharing = MediaState(screen: true, screenStream: "s")
        let outputs = test.change(1, sharing)
        #expect(outputs.replies == [.done])
        #expect(outputs.effects == .told(2, event: .mediaChanged(ana.id, sharing)))
        #expect(test.change(1, sharing).effects == [])
        #expect(test.join(3).snapshot?.participants.first?.media == sharing)
    }

    @Test("media states are limited to 20 at once and 5 a second")
    mutating func limitsMedia() {
        for count in 1...20 { #expect(test.change(1, MediaState(camera: count % 2 == 0)).replies == [.done]) }
        #expect(test.change(1, MediaState()).replies == [.refused(.tooFast)])
        #expect(test.change(2, MediaState()).replies == [.done], "each participant has their own limit")
        test.wait(.milliseconds(200))
        #expect(test.change(1, MediaState()).replies == [.done])
        #expect(test.change(1, MediaState()).replies == [.refused(.tooFast)])
    }

    @Test("a signal reaches the page it is for, untouched")
    mutating func signals() {
        let data: JSONValue = ["description": ["type": "offer", "sdp": "v=0\r\n", "later": [1, 2.50]]]
        let outputs = test.signal(1, to: bo.id, page: "b1", data)
        #expect(outputs.replies == [.done])
        #expect(outputs.effects == .told(2, event: .signal(from: ana.id, page: "a1", data: data)))
    }

    @Test("a signal to nobody, to oneself or to an earlier page is refused")
    mutating func refusesSignals() {
        #expect(test.signal(1, to: "nobody").replies == [.refused(.noSuchParticipant)])
        #expect(test.signal(1, to: ana.id, page: "a1").replies == [.refused(.noSuchParticipant)])
        #expect(test.signal(1, to: bo.id, page: "b0").replies == [.refused(.stalePage)])
        _ = test.leave(2)
        #expect(test.signal(1, to: bo.id, page: "b1").replies == [.refused(.noSuchParticipant)])
    }

    @Test("signals to a lost participant wait for the same page to come back")
    mutating func holdsSignals() {
        _ = test.disconnect(2)
        for index in 1...3 {
            #expect(
                test.signal(1, to: bo.id, page: "b1", ["candidate": .string("\(index)")])
                    == [.reply(SessionID(1), RequestID(UInt64(index) + 2), .done)])
        }
        let outputs = test.join(5, name: "Bo", page: "b1", as: bo.id)
        let held: [Room.Output] = (1...3).flatMap { index in
            [Room.Output].told(
                5, event: .signal(from: ana.id, page: "a1", data: ["candidate": .string("\(index)")]))
        }
        #expect(outputs.first?.isReply == true)
        #expect(
            outputs.effects == .told(1, event: .participantConnection(bo.id, connected: true)) + held)
    }

    @Test("signals for a page that was reloaded meanwhile are dropped")
    mutating func dropsHeldSignals() {
        _ = test.disconnect(2)
        _ = test.signal(1, to: bo.id, page: "b1")
        let outputs = test.join(5, name: "Bo", page: "b2", as: bo.id)
        var reloaded = bo
        reloaded.page = "b2"
        #expect(outputs.effects == .told(1, event: .participantJoined(reloaded)))
    }

    @Test("no more than 64 signals wait for one participant")
    mutating func boundsHeldSignals() {
        _ = test.disconnect(2)
        for _ in 1...64 { #expect(test.signal(1, to: bo.id, page: "b1").replies == [.done]) }
        #expect(test.signal(1, to: bo.id, page: "b1").replies == [.refused(.tooFast)])
    }

    @Test("large signals are limited to 256 kB at once")
    mutating func largeSignals() {
        let large: JSONValue = ["candidate": .string(String(repeating: "x", count: 60_000))]
        for _ in 1...4 {
            #expect(test.signal(1, to: bo.id, page: "b1", large).replies == [.done])
        }
        #expect(test.signal(1, to: bo.id, page: "b1", large).replies == [.refused(.tooFast)])
        #expect(test.signal(1, to: bo.id, page: "b1").replies == [.done])
    }

    @Test("signals are limited to 300 at once and 100 a second")
    mutating func limitsSignals() {
        for _ in 1...300 { #expect(test.signal(1, to: bo.id, page: "b1").replies == [.done]) }
        #expect(test.signal(1, to: bo.id, page: "b1").replies == [.refused(.tooFast)])
        test.wait(.milliseconds(20))
        for _ in 1...2 { #expect(test.signal(1, to: bo.id, page: "b1").replies == [.done]) }
        #expect(test.signal(1, to: bo.id, page: "b1").replies == [.refused(.tooFast)])
    }
}

extension Room.Output {
    var isReply: Bool { if case .reply = self { true } else { false } }
}
