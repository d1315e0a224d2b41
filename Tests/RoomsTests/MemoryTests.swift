// SPDX-License-Identifier: Apache-2.0
import EngineKit
import MeetingProtocol
import Testing

@testable import Rooms

@Suite("What rooms remember")
struct MemoryTests {
    @Test("is told to be kept: rules, roles, who is in and who must not come back")
    func keeps() throws {
        var test = RoomTest()
        let host = test.join(1, role: .host)
        let hostID = try #require(host.snapshot).own.id
        #expect(host.kept == [.acquaintance(.init(hostID, seenAt: 1_000_000))])
        let guest = try test.seat(2).id
        let rules = MeetingRules(hasLobby: true)
        #expect(test.host(1, .rules(rules)).kept == [.rules(rules)])
        #expect(test.host(1, .rules(rules)).kept.isEmpty, "nothing new")
        #expect(
            test.host(1, .role(guest, .coHost)).kept
                == [.acquaintance(.init(guest, given: .coHost, seenAt: 1_000_000))])
        #expect(
            test.host(1, .remove(guest)).kept
                == [.acquaintance(.init(guest, given: .coHost, bar: .removed, seenAt: 1_000_000))])
        let waiting = try #require(test.join(3).place)
        #expect(
            test.host(1, .admit(nil)).kept == [.acquaintance(.init(waiting, seenAt: 1_000_000))])
    }

    @Test("is how a room goes on")
    func recalls() throws {
        let memory = MeetingMemory(
            rules: MeetingRules(hasLobby: true, camera: false), recording: Recording(by: "Ana", since: 3),
            acquaintances: [
                .init("ana", given: .coHost, seenAt: 0), .init("ben", seenAt: 0),
                .init("eve", bar: .removed, seenAt: 0),
            ])
        var test = RoomTest(capacity: 6, memory: memory)
        let ana = try #require(test.join(1, as: "ana").snapshot)
        #expect(ana.role == .coHost && ana.own.media.camera, "above the rules")
        #expect(ana.rules == memory.rules)
        #expect(ana.recording == memory.recording)
        let ben = try #require(test.join(2, as: "ben").snapshot)
        #expect(ben.role == .participant && !ben.own.media.camera)
        #expect(test.join(3, as: "eve").replies == [.refused(.removed)])
        #expect(test.join(4).place != nil, "strangers wait")
    }

    @Test("lets go of those who were there too long ago to be known for that")
    func lapses() {
        let memory = MeetingMemory(acquaintances: [
            .init("ana", given: .coHost, seenAt: 0), .init("ben", seenAt: 0),
            .init("eve", bar: .removed, seenAt: 0), .init("mei", seenAt: 5),
        ])
        let day = MeetingMemory.acquaintance
        #expect(memory.recalled(at: day) == memory)
        #expect(memory.recalled(at: day + 5).acquaintances.map(\.id) == ["ana", "eve", "mei"])
    }

    @Test("is no more than a meeting needs")
    func isBounded() {
        let known = (0..<2000).map { MeetingMemory.Acquaintance(ParticipantID("p\($0)"), seenAt: 0) }
        var acquaintances = Acquaintances(known)
        #expect(acquaintances.add("p7", at: .init(milliseconds: 1)).isEmpty, "known already")
        #expect(
            acquaintances.add("new", at: .init(milliseconds: 1))
                == [.forget("p0"), .acquaintance(.init("new", seenAt: 1))])
        #expect(!acquaintances.contains("p0"))
    }
}

@Suite("What is said in the lobby")
struct LobbyChatTests {
    /// A host with session 1, a participant with session 2, and two who wait with 3 and 4.
    private func lobby() throws -> (RoomTest, mei: ParticipantID, kim: ParticipantID) {
        var test = RoomTest(capacity: 6)
        _ = test.join(1, name: "Ana", role: .host)
        _ = test.join(2, name: "Ben")
        _ = test.host(1, .rules(MeetingRules(hasLobby: true)))
        let mei = try #require(test.join(3, name: "Mei").place)
        let kim = try #require(test.join(4, name: "Kim").place)
        return (test, mei, kim)
    }

    private func told(_ outputs: [Room.Output]) -> [[UInt64]: LobbyLine] {
        var lines: [[UInt64]: LobbyLine] = [:]
        for case .tell(let sessions, .news(.lobbyChat(let line))) in outputs {
            lines[sessions.map(\.number)] = line
        }
        return lines
    }

    @Test("goes from who waits to the hosts and to themselves, and to nobody else")
    func fromLobby() throws {
        var (test, mei, _) = try lobby()
        let outputs = test.lobbyChat(3, "Hello?")
        #expect(outputs.replies == [.done])
        let line = LobbyLine(mei, "Hello?", sentAt: 1_000_000)
        #expect(told(outputs) == [[3]: line, [1]: line])
    }

    @Test("goes from a host to one who waits, or to all")
    func intoLobby() throws {
        var (test, mei, kim) = try lobby()
        let host = try #require(test.room.participants.first)
        let voter = Voter(host.id, "Ana")
        let one = told(test.lobbyChat(1, "You are next", to: kim))
        let line = LobbyLine(kim, host: voter, "You are next", sentAt: 1_000_000)
        #expect(one == [[4]: line, [1]: line])
        let all = test.lobbyChat(1, "Wait a minute")
        #expect(told(all)[[3]]?.waiting == mei)
        #expect(told(all)[[4]]?.waiting == kim)
        #expect(test.lobbyChat(1, to: "nobody").replies == [.refused(.noSuchParticipant)])
        #expect(test.lobbyChat(2, to: mei).replies == [.refused(.notHost)])
        #expect(test.lobbyChat(9).replies == [.refused(.notJoined)])
    }

    @Test("is there for who comes back, for another host, and no longer than the place")
    func isKept() throws {
        var (test, mei, _) = try lobby()
        _ = test.lobbyChat(3, "Hello?")
        let line = LobbyLine(mei, "Hello?", sentAt: 1_000_000)
        _ = test.disconnect(3)
        #expect(test.join(5, name: "Mei", as: mei).replies == [.waiting(mei, [line])])
        #expect(try #require(test.join(6, role: .coHost).snapshot).lobbyChat == [line])
        _ = test.host(1, .admit([mei]))
        #expect(test.room.lobby.lines.isEmpty)
    }

    @Test("is no more than somebody can read")
    func isLimited() throws {
        var (test, _, _) = try lobby()
        for _ in 0..<5 { #expect(test.lobbyChat(3).replies == [.done]) }
        #expect(test.lobbyChat(3).replies == [.refused(.tooFast)])
        for _ in 0..<MeetingLimits.lobbyLines {
            test.wait(.seconds(1))
            _ = test.lobbyChat(3)
        }
        #expect(test.room.lobby.lines.count == MeetingLimits.lobbyLines)
    }
}
