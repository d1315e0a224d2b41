// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import EventLoops
internal import HTTP
internal import JSON
internal import Synchronization

/// One headless participant, from the threads that join people: it opens connections, negotiates and waits.
struct Joiner: Sendable {
    let plan: LoadPlan
    let place: ServerPlace
    let crowd: LoopBound<Crowd>

    private var asker: HTTPAsker { HTTPAsker(place: place, token: plan.token) }

    // MARK: WHIP and WHEP

    /// Publishes as `publisher`; returns where the resource is.
    func publish(room: String, publisher: String, place: Int, number: UInt32) throws(LoadFailure) -> String {
        let sections = sending()
        let answer = try exchange("/whip/\(room)/\(publisher)", sections, name: publisher, number)
        try settle(number, answer.answer, sending: sections, place: place)
        return answer.location
    }

    /// Watches every publisher of a room; returns where the resource is.
    func watch(room: String, number: UInt32) throws(LoadFailure) -> String {
        let sections = receiving(
            audio: plan.publishersInRoom, video: plan.sendsVideo ? plan.publishersInRoom : 0)
        let answer = try exchange("/whep/\(room)", sections, name: "viewer", number)
        let pictures = plan.sendsVideo ? plan.publishersInRoom : 0
        crowd.execute { $0.wished(number, pictures: pictures) }
        try settle(number, answer.answer, sending: [], place: 0)
        return answer.location
    }

    func delete(_ location: String) { _ = try? asker.ask("DELETE", location) }

    private func exchange(
        _ target: String, _ sections: [ClientOffer.Section], name: String, _ number: UInt32
    ) throws(LoadFailure) -> (answer: ServerAnswer, location: String) {
        let offer = try makeOffer(sections, name: name, number)
        let answer = try asker.ask("POST", target, type: "application/sdp", body: offer)
        guard answer.status == 201 else {
            throw LoadFailure("POST \(target): \(answer.status) \(String(answer.text.prefix(200)))")
        }
        var location = answer.headers["Location"] ?? target
        if let scheme = location.firstRange(of: "://") {
            let path = location[scheme.upperBound...].firstIndex(of: "/")
            location = path.map { String(location[$0...]) } ?? target
        }
        return (try read(answer.text), location)
    }

    // MARK: Meetings

    func makeMeeting() throws(LoadFailure) -> String {
        let answer = try asker.ask(
            "POST", "/api/v1/meetings", type: "application/json", body: "{}", headers: ["X-Parley-CSRF: 1"])
        guard answer.status == 201, let value = try? JSONValue(parsing: answer.body),
            let code = value["meeting"]?.string
        else {
            throw LoadFailure("no meeting can be made: \(answer.status) \(String(answer.text.prefix(200)))")
        }
        return code
    }

    /// Takes a seat, publishes if it is to, and offers to receive.
    /// - Parameter numbers: Of the connections to send and to receive; 0 to send nothing.
    func join(
        meeting: String, name: String, place: Int, numbers: (send: UInt32, receive: UInt32)
    ) throws(LoadFailure) -> MeetSession {
        let session = try MeetSession(self.place)
        let sends = numbers.send != 0
        let page = "load-\(numbers.receive)"
        let media: JSONValue = [
            "microphone": .bool(sends), "camera": .bool(sends && plan.sendsVideo), "screen": false,
            "screenStream": .null,
        ]
        let seat = try session.call(
            "join",
            ["meeting": .string(meeting), "name": .string(name), "page": .string(page), "media": media])
        guard let forwarding = seat["forwarding"], forwarding["audioSlots"] != nil else {
            throw LoadFailure("the server carries no media (media.enabled)")
        }
        if sends {
            let sections = sending()
            let tracks = sections.map { ($0.mid, JSONValue.string($0.isVideo ? "camera" : "microphone")) }
            let reply = try session.call(
                "publish",
                [
                    "connection": .string("c-\(numbers.send)"),
                    "offer": .string(try makeOffer(sections, name: page, numbers.send)),
                    "tracks": .object(JSONObject(tracks)),
                ])
            try settle(numbers.send, read(reply["answer"]?.string ?? ""), sending: sections, place: place)
        }
        let most = Int(clamping: forwarding["videoSlots"]?.integer ?? 0)
        let pictures = plan.sendsVideo ? min(plan.publishersInRoom - (sends ? 1 : 0), most) : 0
        let sections = receiving(
            audio: Int(clamping: forwarding["audioSlots"]?.integer ?? 1), video: max(pictures, 0))
        let reply = try session.call(
            "subscribe",
            [
                "connection": .string("c-\(numbers.receive)"),
                "offer": .string(try makeOffer(sections, name: page, numbers.receive)),
            ])
        try settle(numbers.receive, read(reply["answer"]?.string ?? ""), sending: [], place: 0)
        let slots = sections.filter(\.isVideo).map(\.mid)
        let others = (seat["participants"]?.array ?? []).filter { $0["media"]?["camera"]?.bool == true }
            .compactMap { $0["id"]?.string }
        handOver(session, numbers, slots: slots, others: others)
        return session
    }

    private func handOver(
        _ session: MeetSession, _ numbers: (send: UInt32, receive: UInt32), slots: [String], others: [String]
    ) {
        nonisolated(unsafe) let session = session
        crowd.execute { crowd in
            crowd.seat(Seat(unsafe session, numbers: numbers, slots: slots, others: others))
        }
    }

    // MARK: Parts

    private func sending() -> [ClientOffer.Section] {
        crowd.wait { [plan] crowd in
            var sections = [crowd.section(mid: "0", isVideo: false)]
            if plan.sendsVideo {
                let layers = plan.isSimulcast ? ["q", "h", "f"] : []
                sections.append(crowd.section(mid: "1", isVideo: true, layers: layers))
            }
            return sections
        }
    }

    private func receiving(audio: Int, video: Int) -> [ClientOffer.Section] {
        (0..<audio + video).map { ClientOffer.Section(mid: "\($0)", isVideo: $0 >= audio, sends: false) }
    }

    private func makeOffer(
        _ sections: [ClientOffer.Section], name: String, _ number: UInt32
    ) throws(LoadFailure) -> String {
        guard let draft = crowd.wait(for: { $0.open(number) }) else { throw LoadFailure("no more sockets") }
        return ClientOffer(
            credentials: draft.credentials, fingerprint: draft.fingerprint, address: draft.address,
            sections: sections, name: name
        ).text
    }

    private func read(_ text: String) throws(LoadFailure) -> ServerAnswer {
        do throws(ServerAnswer.Failure) { return try ServerAnswer(parsing: text) } catch {
            throw LoadFailure("\(error)")
        }
    }

    /// Waits until media can flow.
    private func settle(
        _ number: UInt32, _ answer: ServerAnswer, sending: [ClientOffer.Section], place: Int
    ) throws(LoadFailure) {
        let outcome = Outcome()
        let count = plan.publishersInRoom
        crowd.execute { crowd in
            crowd.begin(
                number, answer,
                sending: sending.map { Crowd.Sending(section: $0, place: place, publishers: count) }
            ) { why in
                outcome.why.withLock { $0 = why }
                outcome.isSettled.signal()
            }
        }
        guard outcome.isSettled.wait(timeout: .now() + .seconds(20)) == .success else {
            throw LoadFailure("a connection took too long")
        }
        if let why = outcome.why.withLock(\.self) { throw LoadFailure(why) }
    }

    private final class Outcome: Sendable {
        let isSettled = DispatchSemaphore(value: 0)
        let why = Mutex<String?>(nil)
    }
}

/// A participant that is in: on the loop's thread it looks at whoever comes.
final class Seat {
    private let session: MeetSession
    private let numbers: (send: UInt32, receive: UInt32)
    private let slots: [String]
    /// Those with a camera, in the order in which they came.
    private var others: [String]
    weak var crowd: Crowd?

    init(
        _ session: MeetSession, numbers: (send: UInt32, receive: UInt32), slots: [String], others: [String]
    ) {
        self.session = session
        self.numbers = numbers
        self.slots = slots
        self.others = others
    }

    var isLost: Bool { session.isLost }

    func begin(on loop: EventLoop) {
        session.whenHeard = { [weak self] in self?.hear($0) }
        look()
        session.handOver(to: loop)
    }

    func leave() {
        _ = try? session.emit("leave", [:])
        session.close()
    }

    private func hear(_ event: MeetSession.Event) {
        let before = others
        switch event.name {
        case "participant-joined": note(event.payload["participant"])
        case "media-changed": note(event.payload)
        case "participant-left": others.removeAll { $0 == event.payload["id"]?.string }
        case "layers": crowd?.watched(numbers.send, event.payload["tracks"])
        default: break
        }
        if others != before { look() }
    }

    private func note(_ participant: JSONValue?) {
        guard let id = participant?["id"]?.string else { return }
        others.removeAll { $0 == id && participant?["media"]?["camera"]?.bool != true }
        if participant?["media"]?["camera"]?.bool == true, !others.contains(id) { others.append(id) }
    }

    /// Asks for everybody there is a slot for, as large as they would be side by side.
    private func look() {
        let shown = others.prefix(slots.count)
        guard !shown.isEmpty else { return }
        let (width, height): (Int64, Int64) =
            shown.count <= 1 ? (1280, 720) : shown.count <= 4 ? (640, 360) : (320, 180)
        let wishes = zip(slots, shown).map { slot, id -> (String, JSONValue) in
            (
                slot,
                [
                    "participant": .string(id), "source": "camera", "width": .number(JSONNumber(width)),
                    "height": .number(JSONNumber(height)), "priority": 1,
                ]
            )
        }
        crowd?.wished(numbers.receive, pictures: shown.count)
        _ = try? session.emit("view", ["slots": .object(JSONObject(wishes))])
    }
}
