// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import MeetingProtocol
import Testing

@Suite("Meeting fixtures")
struct FixtureTests {
    static let ana = Participant(
        id: "u8h1t5ma", name: "Ana", page: "p-7f3a9c", connected: true,
        media: MediaState(microphone: true, camera: true), joinedAt: 1_767_225_601_000)
    static let jose = Participant(
        id: "u2w9c4kd", name: "José 🎧", page: "p-51d2e8", connected: true, media: MediaState(camera: true),
        joinedAt: 1_767_225_600_123)

    static let draft = PollDraft(
        "q-71be02", "When do we meet again?", ["Monday", "Tuesday", "Not at all"], allowsSeveral: true)
    static let voter = Voter("u2w9c4kd", "José 🎧")
    static let poll = Poll(
        draft, by: Voter("u8h1t5ma", "Ana"), openedAt: 1_767_225_660_456, voted: 1, votes: [1, 1, 0],
        voters: [[voter], [voter], []])
    static let secretPoll = Poll(
        PollDraft("q-71be03", "Are we done?", ["Yes", "No"], isSecret: true), by: Voter("u8h1t5ma", "Ana"),
        openedAt: 1_767_225_661_456, voted: 2)
    static let question = LobbyLine(
        "u5k2x8rm", "I am in the wrong place, am I?", sentAt: 1_767_225_659_456)
    static let hosting: JoinReply = {
        var host = ana
        host.role = .host
        var own = poll
        own.own = [0, 1]
        return JoinReply(
            own: host, role: .host, seat: "v1.k3Jx.Zm9v", server: "9f2c61", capacity: 6, participants: [jose],
            chat: ChatHistory(messages: [], complete: true), iceServers: [],
            forwarding: Forwarding(audioSlots: 6, videoSlots: 25),
            lobby: [Waiting(id: "u5k2x8rm", name: "Mei", since: 1_767_225_659_000)],
            polls: [own, secretPoll], lobbyChat: [question])
    }()

    static let clientEvents: [String: ClientEvent] = [
        "client-join": .join(
            JoinRequest(
                meeting: MeetingCode("abc-defg-hij")!, name: "Ana", page: "p-7f3a9c", seat: "v1.k3Jx.Zm9v",
                media: MediaState(microphone: true, camera: true), after: 41)),
        "client-join-first": .join(
            JoinRequest(
                meeting: MeetingCode("abc-defg-hij")!, name: "José 🎧", page: "p-51d2e8",
                media: MediaState(camera: true))),
        "client-leave": .leave,
        "client-join-hand": .join(
            JoinRequest(
                meeting: MeetingCode("abc-defg-hij")!, name: "Ana", page: "p-7f3a9c", seat: "v1.k3Jx.Zm9v",
                media: MediaState(microphone: true, camera: true), after: 41, hand: 1_767_225_600_700)),
        "client-chat": .chat(ChatDraft("m-0b6c1d", "Shall we start?\nI can share the plan.")),
        "client-chat-reply": .chat(ChatDraft("m-0b6c1e", "Yes, please.", to: "u2w9c4kd", reply: 42)),
        "client-media": .media(
            MediaState(
                camera: true, screen: true, screenStream: "{5b1c0c7e-6f0e-4c1c-9c52-8b3b3f0d7e11}")),
        "client-signal": .signal(
            to: "u2w9c4kd", page: "p-51d2e8",
            data: [
                "description": [
                    "type": "offer",
                    "sdp": "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
                ]
            ]),
        "client-signal-candidate": .signal(
            to: "u2w9c4kd", page: "p-51d2e8",
            data: [
                "candidate": [
                    "candidate": "candidate:842163049 1 udp 2122260223 192.0.2.7 51234 typ host",
                    "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "Xk3f",
                ]
            ]),
        "client-signal-end-of-candidates": .signal(
            to: "u2w9c4kd", page: "p-51d2e8", data: ["candidate": nil]),
        "client-publish": .publish(
            PublishRequest(
                connection: "c-3f9a1", offer: "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
                tracks: [PublishRequest.Track("0", .microphone), PublishRequest.Track("1", .camera)])),
        "client-subscribe": .subscribe(
            SubscribeRequest(
                connection: "c-8d02e", offer: "v=0\r\no=- 8 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n")),
        "client-view": .view([
            SlotWish(
                "3",
                SlotWish.Picture(MediaTrack("u2w9c4kd", .camera), width: 1280, height: 720, priority: 10)),
            SlotWish("4", nil),
        ]),
        "client-hand": .talk(.hand(isRaised: true)),
        "client-react": .talk(.react(.clap)),
        "client-chat-file": .chat(ChatDraft("m-0b6c1f", "", file: "8Vo609ow0_RPJfDaExTfhxqX")),
        "client-chat-react": .talk(.chatReact(seq: 42, .heart, isOn: true)),
        "client-chat-delete": .talk(.chatDelete(seq: 42)),
        "client-poll-open": .talk(.poll(.open(draft))),
        "client-poll-vote": .talk(.poll(.vote("q-71be02", [0, 1]))),
        "client-poll-close": .talk(.poll(.close("q-71be02"))),
        "client-poll-delete": .talk(.poll(.delete("q-71be02"))),
        "client-lobby-chat": .lobbyChat("You are next.", to: "u5k2x8rm"),
        "client-lobby-chat-waiting": .lobbyChat("I am in the wrong place, am I?", to: nil),
        "client-mute": .host(.mute(MediaTrack("u2w9c4kd", .microphone))),
        "client-mute-all": .host(.muteAll(.microphone)),
        "client-role": .host(.role("u2w9c4kd", .viewer)),
        "client-remove": .host(.remove("u2w9c4kd")),
        "client-rules": .host(.rules(MeetingRules(hasLobby: true, screen: false))),
        "client-admit": .host(.admit(["u5k2x8rm"])),
        "client-deny": .host(.deny(nil)),
        "client-spotlight": .host(.spotlight("u2w9c4kd")),
        "client-recording": .host(.recording(true)),
        "client-lower-hands": .host(.lowerHands("u2w9c4kd")),
    ]

    static let serverEvents: [String: ServerEvent] = [
        "server-participant-joined": .participantJoined(jose),
        "server-participant-left": .participantLeft("u2w9c4kd", .lost),
        "server-participant-connection": .participantConnection("u2w9c4kd", connected: false),
        "server-media-changed": .mediaChanged(
            "u2w9c4kd", MediaState(microphone: true, screen: true, screenStream: "s-share-1")),
        "server-chat": .chat(
            ChatMessage(
                seq: 42, id: "m-0b6c1d", from: "u8h1t5ma", name: "Ana",
                text: "Shall we start?\nI can share the plan.", sentAt: 1_767_225_660_456)),
        "server-chat-file": .chat(
            ChatMessage(
                seq: 43, id: "m-0b6c1f", from: "u8h1t5ma", name: "Ana", text: "", sentAt: 1_767_225_661_456,
                file: ChatFile(
                    id: "8Vo609ow0_RPJfDaExTfhxqX", name: "plan.png", type: "image/png", size: 327_164,
                    expiresAt: 1_767_830_461_456))),
        "server-signal": .signal(
            from: "u8h1t5ma", page: "p-7f3a9c", data: ["description": ["type": "answer", "sdp": "v=0\r\n"]]),
        "server-slots": .slots([
            SlotContent("0", MediaTrack("u2w9c4kd", .microphone)),
            SlotContent("3", MediaTrack("u2w9c4kd", .camera)), SlotContent("4", nil),
        ]),
        "server-speakers": .speakers(dominant: "u2w9c4kd", speaking: ["u2w9c4kd", "u8h1t5ma"]),
        "server-layers": .layers([
            WatchedTrack("0", [""]), WatchedTrack("1", ["low", "high"]), WatchedTrack("2", []),
        ]),
        "server-muted": .muted(.microphone, by: "u8h1t5ma"),
        "server-media-ended": .mediaEnded("c-8d02e", .lost),
        "server-media-load": .mediaLoad(.reduced),
        "server-chat-changed": .news(
            .chatChanged(
                ChatChange(
                    seq: 42, changed: 44, isDeleted: false, reactions: Reactions([.heart: ["u2w9c4kd"]])))),
        "server-hands": .news(.hands([RaisedHand("u2w9c4kd", since: 1_767_225_660_456)])),
        "server-reaction": .news(.reaction("u2w9c4kd", .clap)),
        "server-role-changed": .news(.roleChanged("u2w9c4kd", .coHost, by: "u8h1t5ma")),
        "server-rules-changed": .news(
            .rulesChanged(MeetingRules(isLocked: true, microphone: false), by: "u8h1t5ma")),
        "server-lobby": .news(.lobby([Waiting(id: "u5k2x8rm", name: "Mei", since: 1_767_225_660_456)])),
        "server-admitted": .news(.admitted),
        "server-denied": .news(.denied),
        "server-removed": .news(.removed),
        "server-spotlight": .news(.spotlight("u2w9c4kd")),
        "server-recording": .news(.recording(Recording(by: "Ana", since: 1_767_225_660_456))),
        "server-recording-over": .news(.recording(nil)),
        "server-poll": .news(.poll(poll)),
        "server-poll-secret": .news(.poll(secretPoll)),
        "server-poll-deleted": .news(.pollDeleted("q-71be02")),
        "server-lobby-chat": .news(
            .lobbyChat(
                LobbyLine(
                    "u5k2x8rm", host: Voter("u8h1t5ma", "Ana"), "You are next.", sentAt: 1_767_225_660_456))),
        "server-replaced": .replaced,
        "server-ended": .ended(.endedByHost),
        "server-stopping": .stopping,
    ]

    static let replies: [String: ServerReply] = [
        "reply-join": .joined(
            JoinReply(
                own: ana, seat: "v1.k3Jx.Zm9v", server: "9f2c61", capacity: 6, participants: [jose],
                chat: ChatHistory(
                    messages: [
                        ChatMessage(
                            seq: 42, id: "m-0b6c1d", from: "u2w9c4kd", name: "José 🎧", text: "Hello",
                            sentAt: 1_767_225_600_900)
                    ], complete: true),
                iceServers: [
                    ICEServer(urls: ["stun:meet.example.org:8443"]),
                    ICEServer(
                        urls: ["turns:meet.example.org:8443?transport=tcp"],
                        username: "1767229200:kP3x/w0Zq", credential: "c2VjcmV0"),
                ], forwarding: Forwarding(audioSlots: 6, videoSlots: 25),
                hands: [RaisedHand("u2w9c4kd", since: 1_767_225_600_700)], spotlight: "u2w9c4kd",
                recording: Recording(by: "José 🎧", since: 1_767_225_600_800),
                files: FileLimits(size: 25_000_000, part: 524_288))),
        "reply-join-host": .joined(hosting),
        "reply-join-waiting": .waiting("v1.p8Qz.YWJj"),
        "reply-join-waiting-chat": .waiting("v1.p8Qz.YWJj", [question]),
        "reply-lobby-chat": .done,
        "reply-poll-open": .done,
        "reply-poll-vote": .done,
        "reply-poll-close": .done,
        "reply-poll-delete": .done,
        "reply-leave": .done,
        "reply-media": .done,
        "reply-signal": .done,
        "reply-publish": .answer("v=0\r\no=parley 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"),
        "reply-subscribe": .answer("v=0\r\no=parley 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"),
        "reply-view": .done,
        "reply-mute": .done,
        "reply-mute-all": .done,
        "reply-role": .done,
        "reply-remove": .done,
        "reply-rules": .done,
        "reply-admit": .done,
        "reply-deny": .done,
        "reply-spotlight": .done,
        "reply-recording": .done,
        "reply-lower-hands": .done,
        "reply-hand": .done,
        "reply-react": .done,
        "reply-chat-react": .done,
        "reply-chat-delete": .done,
        "reply-chat": .chat(seq: 42, sentAt: 1_767_225_660_456),
        "reply-refused": .refused(.meetingFull),
    ]

    @Test("every file has an expected value and the other way round")
    func complete() {
        let expected = Array(Self.clientEvents.keys) + Self.serverEvents.keys + Self.replies.keys
        #expect(Fixture.names == expected.sorted())
    }

    @Test("client events decode and encode", arguments: clientEvents.keys.sorted())
    func client(_ name: String) throws {
        let fixture = try Fixture(name)
        let expected = try #require(Self.clientEvents[name])
        #expect(fixture.direction == "client")
        #expect(try ClientEvent(name: fixture.event, payload: fixture.payload) == expected)
        #expect(expected.name == fixture.event)
        #expect(expected.payload == fixture.payload)
    }

    @Test("server events decode and encode", arguments: serverEvents.keys.sorted())
    func server(_ name: String) throws {
        let fixture = try Fixture(name)
        let expected = try #require(Self.serverEvents[name])
        #expect(fixture.direction == "server")
        #expect(try ServerEvent(name: fixture.event, payload: fixture.payload) == expected)
        #expect(expected.name == fixture.event)
        #expect(expected.payload == fixture.payload)
    }

    @Test("replies decode and encode", arguments: replies.keys.sorted())
    func reply(_ name: String) throws {
        let fixture = try Fixture(name)
        let expected = try #require(Self.replies[name])
        #expect(fixture.direction == "reply")
        #expect(try ServerReply(to: fixture.event, payload: fixture.payload) == expected)
        #expect(expected.payload == fixture.payload)
    }

    /// Members that may be left out somewhere, sections of a session description, and the inside of a signal,
    /// which is not ours to read.
    private static func isOptional(_ path: String) -> Bool {
        let optional = [
            "seat", "after", "screenStream", "username", "credential", "forwarding", "dominant", "message",
            "after", "hand", "to", "reply", "spotlight", "heart", "file", "files",
            "polls", "votes", "voters", "own", "lobby", "lobbyChat",
        ]
        let parts = path.split(separator: ".")
        let isSection = parts.count == 3 && ["slots", "tracks"].contains(parts[1])
        // The place in the lobby is what a reply without it would be read as: one that should be a seat.
        if path == "join.self.role" || path == "lobby-chat.line.host" { return true }
        if path == "spotlight.participant" || path == "join.recording" || path.hasPrefix("join.waiting") {
            return true
        }
        return isSection || path.contains(".data.") || optional.contains { path.hasSuffix(".\($0)") }
    }

    @Test(
        "decoders name the field when a required one is missing",
        arguments: Fixture.names.filter { $0 != "reply-refused" })
    func missingFields(_ name: String) throws {
        let fixture = try Fixture(name)
        for (path, damaged) in fixture.payload.withoutEachMember(at: fixture.event)
        where !Self.isOptional(path) {
            let error = #expect(throws: InvalidEvent.self, "without \(path)") {
                switch fixture.direction {
                case "client": _ = try ClientEvent(name: fixture.event, payload: damaged)
                case "server": _ = try ServerEvent(name: fixture.event, payload: damaged)
                default: _ = try ServerReply(to: fixture.event, payload: damaged)
                }
            }
            #expect(error?.field == path)
        }
    }

    @Test("the protocol's page shows every fixture as it is", arguments: Fixture.names)
    func isDocumented(_ name: String) throws {
        let fixture = try Fixture(name)
        let page = try Self.page()
        #expect(page.contains("### `\(fixture.event)`"))
        let link = try #require(page.range(of: "(../Fixtures/meeting/\(name).json)"))
        let start = try #require(page[link.upperBound...].range(of: "```json\n"))
        let end = try #require(page[start.upperBound...].range(of: "\n```"))
        let example = String(page[start.upperBound..<end.lowerBound])
        #expect(try JSONValue(parsing: example) == fixture.payload)
    }

    @Test("the protocol's page names every refusal and limit")
    func refusalsAreDocumented() throws {
        let page = try Self.page()
        for refusal in Refusal.allCases { #expect(page.contains("`\(refusal.rawValue)`")) }
        for reason in MediaEndReason.allCases { #expect(page.contains("`\(reason.rawValue)`")) }
        for load in MediaLoad.allCases { #expect(page.contains("`\(load.rawValue)`")) }
        for role in MeetingRole.allCases { #expect(page.contains("\"\(role.rawValue)\"")) }
        for reaction in Reaction.allCases { #expect(page.contains("\"\(reaction.rawValue)\"")) }
        for source in MediaSource.allCases { #expect(page.contains("\"\(source.rawValue)\"")) }
        for limit in [
            MeetingLimits.nameCharacters, MeetingLimits.chatCharacters, MeetingLimits.identifierBytes,
            MeetingLimits.signalBytes, MeetingLimits.chatHistory, MeetingLimits.nameBytes,
            MeetingLimits.chatBytes, MeetingLimits.seatBytes, MeetingLimits.descriptionBytes,
            MeetingLimits.polls, MeetingLimits.pollOptions, MeetingLimits.questionCharacters,
            MeetingLimits.questionBytes, MeetingLimits.optionCharacters, MeetingLimits.optionBytes,
            MeetingLimits.lobbyLines, MeetingLimits.sectionBytes, MeetingLimits.slots,
            Int(MeetingLimits.pictureSize),
        ] {
            #expect(page.contains("\(limit)"))
        }
    }

    private static func page() throws -> String {
        try String(contentsOf: Fixture.folder.appendingPathComponent("docs/protocol.md"), encoding: .utf8)
    }
}

extension JSONValue {
    /// The value without one member, for each member at any depth, and the path of that member.
    fileprivate func withoutEachMember(at path: String) -> [(path: String, value: JSONValue)] {
        switch self {
        case .object(let object):
            return object.members.flatMap { (key, member) -> [(path: String, value: JSONValue)] in
                let rest = JSONObject(object.members.filter { $0.key != key }.map { ($0.key, $0.value) })
                let inside = member.withoutEachMember(at: "\(path).\(key)").map { (path, value) in
                    var changed = object
                    changed[key] = value
                    return (path: path, value: JSONValue.object(changed))
                }
                return [(path: "\(path).\(key)", value: .object(rest))] + inside
            }
        case .array(let elements):
            return elements.indices.flatMap { index in
                elements[index].withoutEachMember(at: "\(path)[\(index)]").map { (path, value) in
                    var changed = elements
                    changed[index] = value
                    return (path: path, value: JSONValue.array(changed))
                }
            }
        case .null, .bool, .number, .string:
            return []
        }
    }
}
