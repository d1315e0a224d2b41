// SPDX-License-Identifier: Apache-2.0
import EngineKit
import MeetingProtocol
import TestKit
import Testing

@testable import Rooms

@Suite("Hosting a meeting")
struct HostTests {
    private var test = RoomTest(capacity: 5)
    private let host: Participant
    private let ben: Participant

    init() throws {
        host = try test.seat(1, name: "Ana", role: .host)
        ben = try test.seat(2, name: "Ben")
    }

    @Test("is up to hosts and co-hosts")
    mutating func isForHosts() throws {
        for wish: HostRequest in [
            .muteAll(.camera), .rules(MeetingRules(isLocked: true)), .role(host.id, .viewer),
            .remove(host.id),
            .admit(nil), .deny(nil), .spotlight(nil), .recording(true), .lowerHands(nil),
            .mute(MediaTrack(host.id, .camera)),
        ] {
            #expect(test.host(2, wish) == [.reply(SessionID(2), test.lastRequest, .refused(.notHost))])
            test.wait(.seconds(1))
        }
        #expect(test.host(9, .admit(nil)).replies == [.refused(.notJoined)])
    }

    @Test("switches off what somebody sends, and tells them and everybody")
    mutating func mutes() {
        let outputs = test.host(1, .mute(MediaTrack(ben.id, .microphone)))
        #expect(outputs.replies == [.done])
        #expect(
            outputs.effects == .told(2, event: .muted(.microphone, by: host.id))
                + .told(1, event: .mediaChanged(ben.id, MediaState(camera: true))))
        #expect(test.change(2, RoomTest.hello).replies == [.done], "they may switch it on again")
        #expect(
            test.host(1, .mute(MediaTrack("nobody", .camera))).replies == [.refused(.noSuchParticipant)])
    }

    @Test("switches it off for all who do not host")
    mutating func mutesAll() throws {
        let cem = try test.seat(3, name: "Cem")
        _ = test.host(1, .role(cem.id, .coHost))
        let outputs = test.host(1, .muteAll(.camera))
        #expect(
            outputs.effects == .told(2, event: .muted(.camera, by: host.id))
                + .told(1, 3, event: .mediaChanged(ben.id, MediaState(microphone: true))))
    }

    @Test("forbids, which the server keeps to")
    mutating func forbids() throws {
        let rules = MeetingRules(microphone: false, screen: false, chat: false)
        let outputs = test.host(1, .rules(rules))
        #expect(
            outputs.effects.first
                == .tell([SessionID(1), SessionID(2)], .news(.rulesChanged(rules, by: host.id))))
        #expect(outputs.effects.contains(.tell([SessionID(2)], .muted(.microphone, by: host.id))))
        let asked = test.change(2, MediaState(microphone: true, screen: true, screenStream: "s"))
        #expect(asked.replies == [.refused(.notAllowed)])
        #expect(asked.effects == .told(1, event: .mediaChanged(ben.id, MediaState())))
        #expect(test.chat(2, "m").replies == [.refused(.notAllowed)])
        #expect(test.chat(1, "m").stores.count == 1, "hosts may go on")
        let late = try #require(test.join(3, name: "Cem").snapshot)
        #expect(late.own.media == MediaState(camera: true))
        #expect(late.rules == rules)
    }

    @Test("hosts can be asked for help whatever the rules are")
    mutating func help() throws {
        let cem = try test.seat(3, name: "Cem")
        _ = test.host(1, .rules(MeetingRules(chat: false)))
        #expect(test.chat(2, "m", to: host.id).stores.count == 1)
        #expect(test.chat(2, "n", to: cem.id).replies == [.refused(.notAllowed)])
    }

    @Test("makes viewers and co-hosts, as far as one's own role goes")
    mutating func roles() throws {
        let cem = try test.seat(3, name: "Cem")
        let other = try test.seat(4, name: "Dia", role: .host)
        #expect(test.host(1, .role(ben.id, .host)).replies == [.refused(.notAllowed)])
        #expect(test.host(1, .role(other.id, .viewer)).replies == [.refused(.notAllowed)])
        #expect(
            test.host(1, .role(ben.id, .coHost)).effects
                == .told(1, 2, 3, 4, event: .news(.roleChanged(ben.id, .coHost, by: host.id))))
        #expect(test.host(2, .role(cem.id, .coHost)).replies == [.refused(.notAllowed)])
        let outputs = test.host(2, .role(cem.id, .viewer))
        #expect(outputs.effects.contains(.tell([SessionID(3)], .muted(.microphone, by: ben.id))))
        #expect(test.change(3, RoomTest.hello).replies == [.refused(.notAllowed)])
        #expect(test.host(1, .role(ben.id, .participant)).replies == [.done])
        #expect(test.host(2, .muteAll(.camera)).replies == [.refused(.notHost)])
    }

    @Test("a role that was given stays, also over a new seat")
    mutating func rolesStay() throws {
        _ = test.host(1, .role(ben.id, .viewer))
        _ = test.leave(2)
        #expect(try #require(test.join(5, name: "Ben", as: ben.id).snapshot).role == .viewer)
        let outputs = test.join(6, name: "Ben", as: ben.id, role: .host)
        #expect(try #require(outputs.snapshot).role == .host, "the server knows who is a host")
    }

    @Test("removes people, whose token is worth nothing then")
    mutating func removes() throws {
        let outputs = test.host(1, .remove(ben.id))
        #expect(
            outputs.effects == .told(2, event: .news(.removed))
                + .told(1, event: .participantLeft(ben.id, .removed)) + [.close(SessionID(2))])
        #expect(test.join(3, name: "Ben", as: ben.id).replies == [.refused(.removed)])
        #expect(test.host(1, .remove(host.id)).replies == [.refused(.notAllowed)])
    }

    @Test("locks the meeting for all who have not been there")
    mutating func locks() throws {
        _ = test.host(1, .rules(MeetingRules(isLocked: true)))
        #expect(test.join(3, name: "Cem").replies == [.refused(.meetingLocked)])
        #expect(test.join(3, name: "Cem", as: "somebody").replies == [.refused(.meetingLocked)])
        #expect(test.join(4, name: "Dia", role: .coHost).snapshot != nil)
        _ = test.leave(2)
        #expect(test.join(5, name: "Ben", as: ben.id).snapshot != nil)
    }

    @Test("puts somebody in the light for everybody, until they go")
    mutating func spotlight() throws {
        #expect(test.host(1, .spotlight(ben.id)).effects == .told(1, 2, event: .news(.spotlight(ben.id))))
        #expect(test.host(1, .spotlight(ben.id)).effects == [])
        #expect(try #require(test.join(3, name: "Cem").snapshot).spotlight == ben.id)
        #expect(test.leave(2).contains(.tell([SessionID(1), SessionID(3)], .news(.spotlight(nil)))))
        #expect(test.host(1, .spotlight(ben.id)).replies == [.refused(.noSuchParticipant)])
    }

    @Test("tells everybody, and who comes later, that it is recorded, until that is taken back")
    mutating func recording() throws {
        let recording = Recording(by: "Ana", since: test.wall.milliseconds)
        let told = test.host(1, .recording(true))
        #expect(told.contains(.tell([SessionID(1), SessionID(2)], .news(.recording(recording)))))
        #expect(told.contains(.keep(.recording(recording), nil)))
        // Whoever said it first is whom everybody was told of.
        #expect(test.host(1, .recording(true)).effects == [])
        #expect(try #require(test.join(3, name: "Cem").snapshot).recording == recording)
        let over = test.host(1, .recording(false))
        #expect(over.contains(.tell([1, 2, 3].map { SessionID($0) }, .news(.recording(nil)))))
        #expect(over.contains(.keep(.recording(nil), nil)))
        #expect(try #require(test.join(4, name: "Dia").snapshot).recording == nil)
    }

    @Test("hears of whoever records from elsewhere, once")
    mutating func recordingElsewhere() {
        let studio = Recording(by: "Studio", since: 7)
        let everybody = [SessionID(1), SessionID(2)]
        #expect(test(.recording(studio)) == [.tell(everybody, .news(.recording(studio)))])
        #expect(test(.recording(studio)) == [])
        #expect(test(.recording(nil)) == [.tell(everybody, .news(.recording(nil)))])
    }

    @Test("is limited")
    mutating func limits() {
        for _ in 1...30 { #expect(test.host(1, .spotlight(nil)).replies == [.done]) }
        #expect(test.host(1, .spotlight(nil)).replies == [.refused(.tooFast)])
        test.wait(.seconds(1))
        #expect(test.host(1, .spotlight(nil)).replies == [.done])
    }
}
