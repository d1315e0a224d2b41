// SPDX-License-Identifier: Apache-2.0
import JSON
import MeetingProtocol
import Testing

@Suite("Client events")
struct ClientEventTests {
    static let media: JSONValue = [
        "microphone": true, "camera": true, "screen": false, "screenStream": nil,
    ]
    static let join: JSONObject = [
        "meeting": "abc-defg-hij", "name": "Ana", "page": "p", "media": media,
    ]

    static let refusals: [(event: String, payload: JSONValue?, sentence: String)] = [
        ("dance", [:], "dance: no such event"),
        ("join", nil, "join: missing"),
        ("join", [], "join: must be an object"),
        ("join", ["meeting": 7], "join.meeting: must be a string"),
        ("chat", ["text": "Hi"], "chat.id: missing"),
        ("chat", ["id": "", "text": "Hi"], "chat.id: empty"),
        (
            "chat", ["id": .string(String(repeating: "x", count: 65)), "text": "Hi"],
            "chat.id: longer than 64 bytes"
        ),
        ("media", ["microphone": 1], "media.microphone: must be true or false"),
        ("signal", ["to": "a", "page": "p"], "signal.data: missing"),
        ("signal", ["to": "a", "page": "p", "data": "sdp"], "signal.data: must be an object"),
        (
            "signal", ["to": "a", "page": "p", "data": [:]],
            "signal.data: must be an object with either a description, a candidate or a renewal"
        ),
        (
            "signal", ["to": "a", "page": "p", "data": ["candidate": nil, "description": [:]]],
            "signal.data: must be an object with either a description, a candidate or a renewal"
        ),
        (
            "signal",
            ["to": "a", "page": "p", "data": ["candidate": .string(String(repeating: "x", count: 65_536))]],
            "signal.data: longer than 65536 bytes"
        ),
        ("publish", ["offer": "v=0", "tracks": [:]], "publish.connection: missing"),
        ("publish", ["connection": "c", "offer": "", "tracks": [:]], "publish.offer: empty"),
        ("publish", ["connection": "c", "offer": "v=0", "tracks": []], "publish.tracks: must be an object"),
        (
            "publish", ["connection": "c", "offer": "v=0", "tracks": ["0": "hologram"]],
            "publish.tracks.0: not valid"
        ),
        (
            "publish", ["connection": "c", "offer": "v=0", "tracks": ["0": "camera", "1": "camera"]],
            "publish.tracks.1: must be a source named once"
        ),
        (
            "publish", ["connection": "c", "offer": "v=0", "tracks": ["0": "camera", "0": "screen"]],
            "publish.tracks: must be an object that names each section once"
        ),
        (
            "subscribe", ["connection": "c", "offer": .string(String(repeating: "x", count: 262_145))],
            "subscribe.offer: longer than 262144 bytes"
        ),
        ("view", ["slots": ["": nil]], "view.slots: must be an object without empty names"),
        ("view", ["slots": ["seventeen letters": nil]], "view.slots: longer than 16 bytes in a name"),
        (
            "view", ["slots": ["3": ["source": "microphone"]]],
            "view.slots.3.source: must be a camera or a screen"
        ),
        (
            "view", ["slots": ["3": ["participant": "a", "source": "camera", "priority": 256]]],
            "view.slots.3.priority: must be at most 255"
        ),
        (
            "view",
            [
                "slots": [
                    "3": ["participant": "a", "source": "camera", "priority": 0, "width": -1, "height": 0]
                ]
            ],
            "view.slots.3.width: must be a whole number, 0 or more"
        ),
        ("mute", ["participant": "a", "source": "everything"], "mute.source: not valid"),
    ]

    @Test("say which field is wrong", arguments: refusals)
    func refusesFields(_ event: String, _ payload: JSONValue?, _ sentence: String) {
        let error = #expect(throws: InvalidEvent.self) { try ClientEvent(name: event, payload: payload) }
        #expect(error?.description == sentence)
        #expect(error?.message == sentence)
        #expect(error?.refusal == .invalidEvent)
    }

    @Test("take no more slots than a page may have, and no larger pictures than there are")
    func boundsViews() throws {
        let slots = JSONObject((0...64).map { (String($0), .null) })
        let error = #expect(throws: InvalidEvent.self) {
            try ClientEvent(name: "view", payload: ["slots": .object(slots)])
        }
        #expect(error?.message == "view.slots: longer than 64 sections")
        let wish: JSONValue = [
            "participant": "a", "source": "screen", "priority": 255, "width": 9_000_000_000_000, "height": 0,
        ]
        let view = try ClientEvent(name: "view", payload: ["slots": ["3": wish]])
        #expect(
            view
                == .view([
                    SlotWish(
                        "3",
                        SlotWish.Picture(MediaTrack("a", .screen), width: 16_384, height: 0, priority: 255))
                ]))
    }

    static let joins: [(field: String, value: JSONValue, refusal: Refusal)] = [
        ("meeting", "abc-defg-hi", .noSuchMeeting),
        ("meeting", "", .noSuchMeeting),
        ("name", "", .invalidName),
        ("name", " \n\t ", .invalidName),
        ("name", .string(String(repeating: "x", count: 61)), .invalidName),
        ("page", "", .invalidEvent),
        ("after", -1, .invalidEvent),
        ("after", 1.5, .invalidEvent),
        ("after", "1", .invalidEvent),
        ("seat", 7, .invalidEvent),
        ("seat", .string(String(repeating: "x", count: 513)), .invalidEvent),
        ("media", nil, .invalidEvent),
    ]

    @Test("refuse a join with one bad field", arguments: joins)
    func refusesJoin(_ field: String, _ value: JSONValue, _ refusal: Refusal) {
        var join = Self.join
        join[field] = value
        let error = #expect(throws: InvalidEvent.self) {
            try ClientEvent(name: "join", payload: .object(join))
        }
        #expect(error?.refusal == refusal)
        #expect(error?.field.hasPrefix("join.\(field)") == true)
    }

    @Test("take null for an optional field that was left out")
    func takesNull() throws {
        var join = Self.join
        join["seat"] = .null
        join["after"] = .null
        join["later"] = "ignored"
        let event = try ClientEvent(name: "join", payload: .object(join))
        #expect(event == (try ClientEvent(name: "join", payload: .object(Self.join))))
    }

    static let texts: [(text: String, refusal: Refusal?)] = [
        ("Hi", nil),
        (String(repeating: "é", count: 4000), nil),
        (String(repeating: "👩‍🚀", count: 1000), nil),
        (String(repeating: "x", count: 4001), .chatTooLong),
        (String(repeating: "👩‍👩‍👧‍👧", count: 4000), .chatTooLong),
        ("", .chatEmpty),
        (" \n\u{2003}\t", .chatEmpty),
    ]

    @Test("count a message's characters and bound its bytes", arguments: texts)
    func checksText(_ text: String, _ refusal: Refusal?) throws {
        let payload: JSONValue = ["id": "m", "text": .string(text)]
        if let refusal {
            let error = #expect(throws: InvalidEvent.self) {
                try ClientEvent(name: "chat", payload: payload)
            }
            #expect(error?.refusal == refusal)
            #expect(error?.message == refusal.message)
        } else {
            #expect(try ClientEvent(name: "chat", payload: payload) == .chat(ChatDraft("m", text)))
        }
    }

    static let names: [(typed: String, shown: String?)] = [
        ("Ana", "Ana"),
        ("  Ana \n\t María  ", "Ana María"),
        ("\u{202E}evil\u{202C}\u{2066}name\u{2069}", "evilname"),
        ("A\u{0}n\u{7F}a\u{85}!", "Ana !"),
        ("👩‍🚀", "👩‍🚀"),
        ("می‌خواهم", "می‌خواهم"),
        (String(repeating: "ü", count: 60), String(repeating: "ü", count: 60)),
        (String(repeating: "ü", count: 61), nil),
        ("a" + String(repeating: "\u{301}", count: 300), nil),
        ("\u{200B}\u{200D}\u{FEFF}", nil),
        ("\u{3164}", nil),
        ("\u{202E}", nil),
    ]

    @Test("clean names of what could deceive others", arguments: names)
    func cleansNames(_ typed: String, _ shown: String?) throws {
        var join = Self.join
        join["name"] = .string(typed)
        let event = try? ClientEvent(name: "join", payload: .object(join))
        if case .join(let request) = event {
            #expect(request.name == shown)
        } else {
            #expect(shown == nil)
        }
    }
}

@Suite("Meeting codes")
struct MeetingCodeTests {
    @Test(
        "forgive capitals and missing dashes",
        arguments: ["abc-defg-hij", "abcdefghij", "ABC-DEFG-HIJ", "abc-defghij", "abcdefg-hij"])
    func forgives(_ typed: String) {
        #expect(MeetingCode(typed)?.text == "abc-defg-hij")
    }

    @Test(
        "refuse everything else",
        arguments: [
            "", "abc", "abc-defg-hi", "abc-defg-hijk", "abc-defg-hi1", "ab-cdefg-hij", "-abcdefghij",
            "abcdefghij-", "abc--defg-hij", "abc defg hij", "abc-defg-hí", "abc-defg-hij/", "абв-гдеж-зик",
            "abc-defg-hij\n",
        ])
    func refuses(_ typed: String) {
        #expect(MeetingCode(typed) == nil)
    }
}

@Suite("Handshakes")
struct HandshakeTests {
    static let examples: [(auth: JSONValue?, isAccepted: Bool)] = [
        (["protocol": 3], true), (["protocol": 3, "later": true], true), (["protocol": 2], false),
        (["protocol": "2"], false), ([:], false), ("1", false), (nil, false),
    ]

    @Test("accept our version only", arguments: examples)
    func accepts(_ auth: JSONValue?, _ isAccepted: Bool) {
        #expect(Handshake.accepts(auth: auth) == isAccepted)
    }

    @Test("a client of ours is accepted")
    func acceptsOurs() {
        #expect(Handshake.accepts(auth: Handshake.auth))
        #expect(Handshake.supported == ["supported": [3]])
    }
}

@Suite("Refusals")
struct RefusalTests {
    @Test("have a sentence each", arguments: Refusal.allCases)
    func sentences(_ refusal: Refusal) {
        #expect(refusal.message.hasSuffix("."))
        #expect(refusal.message.count > 10)
    }
}
