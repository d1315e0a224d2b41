// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import Testing

@testable import Dialects

/// Clients that say anything at all, in any order: nothing a peer sends ends the process or reaches somebody
/// who is gone.
@Suite("Any dialect, given nonsense")
struct DialectSimulationTests {
    private struct Dice {
        var source: SeededRandomSource

        mutating func roll(_ sides: Int) -> Int {
            let bytes = source.nextBytes(4)
            return Int(bytes.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }) % sides
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element { elements[roll(elements.count)] }
    }

    private static let names = [
        "join", "leave", "move", "toggl-mute-user", "call-user", "make-answer", "chat", "create-room",
        "join-room", "leave-room", "room-deleted", "webrtc-session-start", "offer", "answer", "ice",
        "icecandidate", "ice-candidate", "candidate", "enabled-local-media", "toggled-media", "join_room",
        "enter_room", "new_message", "nickname", "room", "newOffer", "newAnswer", "getIce", "iceToServer",
        "sendIceCandidateToSignalingServer", "test", "joinRoom", "leaveRoom", "ready", "chat.addUser",
        "chat.sendMessage", "/app/chat.addUser", "/app/chat.sendMessage", "/app/webrtc.sdp", "message", "",
    ]

    private static let words: [JSONValue] = [
        "tea", "Ana", "s1", "s2", "abc-defg-hij", "", "\u{202E}", "x", "professional", "client", "1", .null,
        true, 0, -1, 1e300, [], [:], offer, answer, candidate,
        .string(String(repeating: "é", count: 10_000)),
    ]

    private static let keys = [
        "link", "userId", "sender", "type", "message", "roomName", "room", "offer", "answer", "candidate",
        "to", "x", "y", "muted", "orientation", "userName", "joinerName", "sdp", "uuid", "who", "iceC",
        "apptInfo", "iceCandidate", "didIOffer", "offererUserName", "payload", "socket",
    ]

    private func value(_ dice: inout Dice) -> JSONValue {
        guard dice.roll(2) == 0 else { return dice.pick(Self.words) }
        return .object(
            JSONObject((0..<dice.roll(5)).map { _ in (dice.pick(Self.keys), dice.pick(Self.words)) }))
    }

    private func event(_ dice: inout Dice) -> DialectEvent {
        let ack = dice.roll(2) == 0 ? AckID(UInt64(dice.roll(1000))) : nil
        let arguments = (0..<dice.roll(4)).map { _ in value(&dice) }
        return DialectEvent(dice.pick(Self.names), arguments, ack: ack)
    }

    /// - Parameter answers: What the world outside says to a question, in any order with what it says to others.
    private func play<D: Dialect>(_ dialect: D, seed: UInt64, _ answers: ((D.Question) -> [D.Answer])? = nil)
    {
        var stage = Stage(dialect)
        var dice = Dice(source: SeededRandomSource(seed: seed))
        var present: Set<UInt64> = []
        var questions: [(QuestionID, D.Answer)] = []
        for step in 0..<4000 {
            let client = UInt64(dice.roll(8) + 1)
            let told: [Told<D.Question>]
            if !present.contains(client) {
                let auth: JSONObject = ["userName": dice.pick(Self.words), "password": "x", "jwt": "x"]
                told = stage.connect(client, auth: auth)
                present.insert(client)
            } else if dice.roll(30) == 0 {
                present.remove(client)
                told = stage.disconnect(client)
            } else if !questions.isEmpty, dice.roll(3) == 0 {
                let (id, answer) = questions.remove(at: dice.roll(questions.count))
                told = stage.give(.answered(id, answer))
            } else {
                told = stage.give(.event(ClientID(client), event(&dice)))
            }
            for output in told {
                switch output {
                case .event(let clients, _, _):
                    #expect(present.isSuperset(of: clients), "step \(step)")
                    #expect(!clients.isEmpty && Set(clients).count == clients.count)
                case .answered(let client, _), .closed(let client):
                    #expect(present.contains(client), "step \(step)")
                case .asked(let id, let question):
                    questions += (answers?(question) ?? []).map { (id, $0) }
                }
            }
            stage.wait(.milliseconds(dice.roll(200)))
            if let deadline = stage.dialect.deadline, deadline <= stage.now {
                stage.give(.tick)
                #expect(stage.dialect.deadline.map { $0 > stage.now } ?? true, "step \(step)")
            }
        }
        // Nothing of those who are gone is left to be told.
        for client in present { stage.disconnect(client) }
        #expect(stage.connect(99, auth: ["userName": "Zoe", "password": "x"]).count <= 2)
    }

    @Test("of Noom", arguments: 1...3 as ClosedRange<UInt64>)
    func noom(seed: UInt64) {
        play(NoomChat(), seed: seed)
        play(NoomRooms(), seed: seed)
        play(NoomVideo(), seed: seed)
    }

    @Test("of Bunch", arguments: 1...3 as ClosedRange<UInt64>)
    func bunch(seed: UInt64) { play(Bunch(), seed: seed) }

    @Test("of YCYW", arguments: 1...3 as ClosedRange<UInt64>)
    func ycyw(seed: UInt64) {
        play(YCYW(), seed: seed)
        play(YCYWSTOMP(), seed: seed)
        play(YCYWNetty(), seed: seed)
    }

    @Test("of Devameet", arguments: 1...3 as ClosedRange<UInt64>)
    func devameet(seed: UInt64) {
        play(Devameet(), seed: seed) { question in
            guard case .admission(_, let user, _, _) = question else { return [.unknownUser] }
            return user == "x"
                ? [.unknownLink] : [.admitted(DevameetPerson(name: "Ana", avatar: "avatar_02"))]
        }
    }

    @Test("of teleLegal", arguments: 1...3 as ClosedRange<UInt64>)
    func teleLegal(seed: UInt64) {
        let appointments = (0...2).map { number in
            TeleLegal.Appointment(
                uuid: "\(number)", professional: "p", professionalsFullName: "Robin Vale",
                clientName: "Client \(number)", date: 1_800_000_000_000)
        }
        play(TeleLegal(), seed: seed) { question in
            guard case .enter(let client, _) = question else { return [] }
            switch client.number {
            case 1...5: return [.client(appointments[Int(client.number) % 3], .open)]
            case 6...7: return [.professional("p"), .appointments(appointments)]
            default: return [.stranger]
            }
        }
    }
}
