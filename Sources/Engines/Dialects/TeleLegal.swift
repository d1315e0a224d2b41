// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import JSON

/// `telelegal`: a client and a professional meet by appointment, each with a signed link (contract B2).
///
/// Who somebody is, and which appointment is theirs, comes from their token alone; what they say of either is
/// not looked at. Appointments are the server's own: the engine asks for them and tells when somebody waits.
/// What pages exchange is kept while the client is there, and for a while after, since pages reload.
public struct TeleLegal: Dialect {
    /// An appointment as pages of the course know it.
    public struct Appointment: Hashable, Sendable {
        public var uuid: String
        public var professional: String
        public var professionalsFullName: String
        public var clientName: String
        /// Milliseconds since 1970.
        public var date: Int64

        public init(
            uuid: String, professional: String, professionalsFullName: String, clientName: String, date: Int64
        ) {
            self.uuid = uuid
            self.professional = professional
            self.professionalsFullName = professionalsFullName
            self.clientName = clientName
            self.date = date
        }

        /// The claims of its link, in the course's order.
        public var claims: JSONObject {
            [
                "professionalsFullName": .string(professionalsFullName),
                "apptDate": .number(JSONNumber(date)), "uuid": .string(uuid),
                "clientName": .string(clientName),
            ]
        }
    }

    /// Whether the time of an appointment has come.
    public enum Standing: Hashable, Sendable { case early, open, over }

    public enum Question: Hashable, Sendable {
        /// Who shows this token? Answered again whenever something of theirs changes, until ``leave(_:)``.
        case enter(ClientID, token: String)
        /// The client's page has an offer and waits. Not answered.
        case checkIn(ClientID)
        /// The professional has answered this appointment's client. Not answered.
        case admit(ClientID, uuid: String)
        /// Not answered.
        case leave(ClientID)
    }

    public enum Answer: Hashable, Sendable {
        case client(Appointment, Standing)
        case professional(String)
        /// The professional's appointments that are not over, earliest first.
        case appointments([Appointment])
        /// Nobody we know, or not any more.
        case stranger
    }

    enum Identity {
        /// Asked for; what the page says meanwhile.
        case unknown([DialectEvent])
        case client(uuid: String)
        /// - appointments: `nil` until they are known.
        case professional(String, appointments: [Appointment]?)
    }

    struct Page {
        let client: ClientID
        var identity = Identity.unknown([])
        var allowance = DialectAllowance()
    }

    /// What the pages of one appointment exchange.
    struct Call {
        var appointment: Appointment
        var standing: Standing
        var offer: JSONValue?
        var answer: JSONValue = .null
        var offererCandidates: [JSONValue] = []
        var answererCandidates: [JSONValue] = []
        /// When it is forgotten, while no page of the client is there.
        var expiry: Instant?

        /// The professional hears of it: somebody offers, and the time has come.
        var isWaiting: Bool { offer != nil && standing == .open }
    }

    private static let maxHeld = 64
    private static let maxCandidates = 200
    private static let maxPages = 20_000
    /// How long a client's offer outlives their page.
    private static let grace = Duration.seconds(600)

    private let limits: DialectLimits
    /// In the order of their coming.
    private var pages: [Page] = []
    private var calls: [String: Call] = [:]
    private var questions: [QuestionID: ClientID] = [:]
    /// The appointment that a professional answered last: whose candidates their page waits for.
    private var answered: [String: String] = [:]
    private var outbox = DialectOutbox<Question>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public var deadline: Instant? { calls.values.compactMap(\.expiry).min() }

    public mutating func poll() -> DialectOutput<Question>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Answer>, at now: Instant) {
        forgetCalls(at: now)
        switch input {
        case .connected(let client, let description): connect(client, description)
        case .event(let client, let event):
            guard let index = index(of: client), pages[index].allowance.takeEvent(limits, at: now) else {
                return
            }
            received(event, from: index)
        case .disconnected(let client): disconnect(client, at: now)
        case .answered(let question, let answer):
            if let client = questions[question] { found(answer, for: client) }
        case .asked, .roomEnded, .tick: break
        }
    }

    // MARK: Pages

    private func index(of client: ClientID) -> Int? { pages.firstIndex { $0.client == client } }

    private mutating func connect(_ client: ClientID, _ description: DialectClient) {
        guard let token = description.auth["jwt"]?.string, token.utf8.count <= 4096,
            pages.count < Self.maxPages
        else { return outbox.disconnect(client) }
        pages.append(Page(client: client))
        questions[outbox.ask(.enter(client, token: token))] = client
    }

    private mutating func disconnect(_ client: ClientID, at now: Instant) {
        guard let index = index(of: client) else { return }
        let page = pages.remove(at: index)
        questions = questions.filter { $0.value != client }
        _ = outbox.ask(.leave(client))
        switch page.identity {
        case .unknown: break
        case .client(let uuid):
            guard clients(of: uuid).isEmpty else { return }
            calls[uuid]?.expiry = now.advanced(by: Self.grace)
        case .professional(let id, _):
            if professionals(id).isEmpty { answered[id] = nil }
        }
    }

    /// Nobody has come back for these.
    private mutating func forgetCalls(at now: Instant) {
        let gone = calls.values.filter { call in
            if let expiry = call.expiry { expiry <= now } else { false }
        }
        for call in gone.sorted(by: { $0.appointment.uuid < $1.appointment.uuid }) { end(call) }
    }

    private mutating func end(_ call: Call) {
        let uuid = call.appointment.uuid
        calls[uuid] = nil
        if answered[call.appointment.professional] == uuid { answered[call.appointment.professional] = nil }
        if call.isWaiting { tellAppointments(to: call.appointment.professional) }
    }

    private func clients(of uuid: String) -> [ClientID] {
        pages.compactMap { page in
            if case .client(uuid) = page.identity { page.client } else { nil }
        }
    }

    private func professionals(_ id: String) -> [ClientID] {
        pages.compactMap { page in
            if case .professional(id, _) = page.identity { page.client } else { nil }
        }
    }

    // MARK: What is found

    private mutating func found(_ answer: Answer, for client: ClientID) {
        guard let index = index(of: client) else { return }
        switch answer {
        case .stranger: outbox.disconnect(client)
        case .client(let appointment, let standing): found(appointment, standing, for: index)
        case .professional(let id):
            guard case .unknown(let held) = pages[index].identity else { return }
            pages[index].identity = .professional(id, appointments: nil)
            for event in held { received(event, from: index) }
        case .appointments(let list):
            guard case .professional(let id, let before) = pages[index].identity else { return }
            pages[index].identity = .professional(id, appointments: list)
            guard before != list else { return }
            tell(list, to: client)
            guard before == nil else { return }
            for call in waiting(for: id) { outbox.emit("newOfferWaiting", [record(of: call)], to: client) }
        }
    }

    private mutating func found(_ appointment: Appointment, _ standing: Standing, for index: Int) {
        let client = pages[index].client
        guard standing != .over else {
            if let call = calls[appointment.uuid] { end(call) }
            return outbox.disconnect(client)
        }
        if case .unknown(let held) = pages[index].identity {
            pages[index].identity = .client(uuid: appointment.uuid)
            calls[appointment.uuid]?.expiry = nil
            if let call = calls[appointment.uuid], call.offer != nil {
                outbox.emit("answerToClient", [call.answer], to: client)
            }
            remember(appointment, standing)
            for event in held { received(event, from: index) }
        } else {
            remember(appointment, standing)
        }
    }

    /// Keeps what is known of an appointment; an offer that was too early is told of once the time has come.
    private mutating func remember(_ appointment: Appointment, _ standing: Standing) {
        let wasWaiting = calls[appointment.uuid]?.isWaiting ?? false
        calls[appointment.uuid, default: Call(appointment: appointment, standing: standing)].appointment =
            appointment
        calls[appointment.uuid]?.standing = standing
        if let call = calls[appointment.uuid], call.isWaiting, !wasWaiting { announce(call) }
    }

    private mutating func announce(_ call: Call) {
        let professional = call.appointment.professional
        if let client = clients(of: call.appointment.uuid).last { _ = outbox.ask(.checkIn(client)) }
        outbox.emit("newOfferWaiting", [record(of: call)], to: professionals(professional))
        tellAppointments(to: professional)
    }

    // MARK: Events

    private mutating func received(_ event: DialectEvent, from index: Int) {
        let client = pages[index].client
        switch pages[index].identity {
        case .unknown(var held):
            guard held.count < Self.maxHeld else { return }
            held.append(event)
            pages[index].identity = .unknown(held)
        case .client(let uuid):
            switch event.name {
            case "newOffer": offer(event.argument(0), of: uuid)
            case "getIce": sendCandidates(of: uuid, event, to: client)
            case "iceToServer": keepOffererCandidate(event.argument(0), of: uuid)
            // Only professionals answer.
            default: break
            }
        case .professional(let id, _):
            switch event.name {
            case "newAnswer": answer(event.argument(0), by: id, client)
            case "getIce": sendCandidates(of: ownCall(event.argument(0), of: id), event, to: client)
            case "iceToServer": keepAnswererCandidate(event.argument(0), by: id)
            default: break
            }
        }
    }

    /// The uuid that a professional names, if there is such a call and it is theirs. Pages have it from their
    /// address, as text; samples of the course have numbers.
    private func ownCall(_ value: JSONValue?, of professional: String) -> String? {
        guard let uuid = value?.string ?? value?.number?.text,
            calls[uuid]?.appointment.professional == professional
        else { return nil }
        return uuid
    }

    private mutating func offer(_ value: JSONValue?, of uuid: String) {
        // What `apptInfo` says besides is what the token says, or a lie.
        guard let offer = limits.description(value?["offer"]), var call = calls[uuid] else { return }
        if call.offer != nil {
            // The page was loaded again: what belonged to the last call is of no use to this one.
            call.offererCandidates = []
            call.answererCandidates = []
        }
        call.offer = offer
        call.answer = .null
        calls[uuid] = call
        if answered[call.appointment.professional] == uuid { answered[call.appointment.professional] = nil }
        if call.isWaiting { announce(call) }
    }

    private mutating func answer(_ value: JSONValue?, by professional: String, _ client: ClientID) {
        guard let answer = limits.description(value?["answer"]),
            let uuid = ownCall(value?["uuid"], of: professional),
            calls[uuid]?.isWaiting == true
        else { return }
        answered[professional] = uuid
        // The same twice would be an error to the client's page.
        guard calls[uuid]?.answer != answer else { return }
        calls[uuid]?.answer = answer
        outbox.emit("answerToClient", [answer], to: clients(of: uuid))
        _ = outbox.ask(.admit(client, uuid: uuid))
    }

    // MARK: Candidates

    /// `getIce(uuid, who, ack)`: a page waits for the answer, so there always is one.
    private mutating func sendCandidates(of uuid: String?, _ event: DialectEvent, to client: ClientID) {
        var candidates: [JSONValue] = []
        if let uuid, let call = calls[uuid] {
            switch event.argument(1)?.string {
            case "professional": candidates = call.offererCandidates
            case "client": candidates = call.answererCandidates
            default: break
            }
        }
        outbox.acknowledge(event, of: client, with: [.array(candidates)])
    }

    private mutating func keepOffererCandidate(_ value: JSONValue?, of uuid: String) {
        guard let candidate = limits.candidate(value?["iceC"]), let call = calls[uuid],
            call.offererCandidates.count < Self.maxCandidates
        else { return }
        calls[uuid]?.offererCandidates.append(candidate)
        // A candidate does not say whose it is: a page that has answered somebody else would mix them up.
        guard answered[call.appointment.professional] == uuid else { return }
        outbox.emit("iceToClient", [candidate], to: professionals(call.appointment.professional))
    }

    private mutating func keepAnswererCandidate(_ value: JSONValue?, by professional: String) {
        // Its page may not have read the uuid yet; then it is that of the call it has answered.
        let uuid =
            ownCall(value?["uuid"], of: professional)
            ?? (value?["uuid"]?.string == nil ? answered[professional] : nil)
        guard let candidate = limits.candidate(value?["iceC"]), let uuid, let call = calls[uuid],
            call.answererCandidates.count < Self.maxCandidates
        else { return }
        calls[uuid]?.answererCandidates.append(candidate)
        outbox.emit("iceToClient", [candidate], to: clients(of: uuid))
    }

    // MARK: Lists

    private func waiting(for professional: String) -> [Call] {
        calls.values.filter { $0.appointment.professional == professional && $0.isWaiting }
            .sorted {
                ($0.appointment.date, $0.appointment.uuid) < ($1.appointment.date, $1.appointment.uuid)
            }
    }

    private func record(of call: Call) -> JSONValue {
        var record = call.appointment.claims
        record["offer"] = call.offer ?? .null
        record["offererIceCandidates"] = .array(call.offererCandidates)
        record["answer"] = call.answer
        record["answerIceCandidates"] = .array(call.answererCandidates)
        return .object(record)
    }

    private mutating func tellAppointments(to professional: String) {
        for page in pages {
            if case .professional(professional, let list?) = page.identity { tell(list, to: page.client) }
        }
    }

    private mutating func tell(_ list: [Appointment], to client: ClientID) {
        let rows = list.map { appointment -> JSONValue in
            var row = appointment.claims
            // Pages show a button for whoever waits, which needs an offer to answer.
            if calls[appointment.uuid]?.isWaiting == true { row["waiting"] = true }
            return .object(row)
        }
        outbox.emit("apptData", [.array(rows)], to: client)
    }
}
