// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// `bunch`: a board of offers that anybody may answer (contract B1). Candidates are stored until there is an
/// answer, and passed on from then.
///
/// Records on the board come without candidates: with them it would show everybody's addresses to everybody,
/// and pages read them from the acknowledgement alone.
public struct Bunch: Dialect {
    /// Every page of the course sends this one. It keeps out nobody, and is asked for so that a page with
    /// another one notices as it would at home.
    static let password = "x"
    /// Tells one side of a call that the other has left. Pages of the course do not listen for it; our own
    /// client's stand-in does.
    static let left = "peerLeft"
    private static let maxOffers = 1000
    private static let maxCandidates = 200
    /// Most bytes of a list of offers; the oldest are left out.
    private static let maxBoard = 250_000

    private struct Caller {
        let name: String
        var allowance = DialectAllowance()
        /// Candidates that came before the first offer, and before the first answer. Later ones may as well be
        /// of a call that is over, and whoever is in the next one must not get them.
        var early: [Role: [JSONValue]] = [.offerer: [], .answerer: []]
    }

    private enum Role { case offerer, answerer }

    private struct Offer {
        let offerer: ClientID
        let description: JSONValue
        var candidates: [JSONValue] = []
        var answerer: ClientID?
        var answererName: JSONValue = .null
        var answer: JSONValue = .null

        var isOpen: Bool { answerer == nil }
        func has(_ client: ClientID) -> Bool { offerer == client || answerer == client }
    }

    private let limits: DialectLimits
    private var callers: [ClientID: Caller] = [:]
    /// In the order of their coming.
    private var arrivals: [ClientID] = []
    private var names = Nicknames()
    /// Oldest first; at most one of each offerer.
    private var offers: [Offer] = []
    /// Of the open ones among them.
    private var news = ListNews()
    private var outbox = DialectOutbox<Never>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public var deadline: Instant? { news.due }

    public mutating func poll() -> DialectOutput<Never>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Never>, at now: Instant) {
        switch input {
        case .connected(let client, let description): connect(client, description)
        case .event(let client, let event):
            guard callers[client]?.allowance.takeEvent(limits, at: now) == true else { break }
            handle(event, of: client, at: now)
        case .disconnected(let client): disconnect(client)
        case .asked, .answered, .roomEnded, .tick: break
        }
        tellBoard(at: now)
    }

    private mutating func connect(_ client: ClientID, _ description: DialectClient) {
        // One listing of the course writes the key in lower case.
        let wanted = description.auth["userName"] ?? description.auth["username"]
        guard description.auth["password"]?.string == Self.password, let name = Self.safe(limits.name(wanted))
        else { return outbox.disconnect(client) }
        callers[client] = Caller(name: names.give(name, to: client))
        arrivals.append(client)
        let open = board
        if !open.values.isEmpty { outbox.emit("availableOffers", [newestLast(open)], to: client) }
    }

    /// Pages put names into their HTML as they are.
    static func safe(_ name: String?) -> String? {
        guard let name else { return nil }
        let kept = name.filter { $0.isLetter || $0.isNumber || " -_.'".contains($0) }
        return kept.isEmpty ? nil : kept
    }

    private mutating func disconnect(_ client: ClientID) {
        guard callers.removeValue(forKey: client) != nil else { return }
        arrivals.removeAll { $0 == client }
        names.release(client)
        end(client)
    }

    /// Takes a client's offer off the board, and ends the calls they are in.
    private mutating func end(_ client: ClientID) {
        for offer in offers where offer.has(client) {
            if let answerer = offer.answerer {
                outbox.emit(Self.left, to: offer.offerer == client ? answerer : offer.offerer)
            } else {
                news.changed(knownTo: client)
            }
        }
        offers.removeAll { $0.has(client) }
    }

    private mutating func handle(_ event: DialectEvent, of client: ClientID, at now: Instant) {
        switch event.name {
        case "newOffer": offer(event, client, at: now)
        case "newAnswer": answer(event, client)
        case "sendIceCandidateToSignalingServer": trickle(event, client)
        case "test": outbox.acknowledge(event, of: client, with: ["pong"])
        default: break
        }
    }

    // MARK: Offers

    private mutating func offer(_ event: DialectEvent, _ client: ClientID, at now: Instant) {
        guard let description = limits.description(event.argument(0)) else { return }
        let bytes = description.formatted.utf8.count
        guard callers[client]?.allowance.takeBroadcast(limits, bytes: bytes, at: now) == true else { return }
        // A new call is the end of the last one.
        end(client)
        guard offers.count < Self.maxOffers else { return }
        let early = callers[client]?.early.removeValue(forKey: .offerer) ?? []
        let offer = Offer(offerer: client, description: description, candidates: early)
        offers.append(offer)
        outbox.emit("newOfferAwaiting", [[record(of: offer)]], to: arrivals.filter { $0 != client })
        news.changed(knownTo: client)
    }

    /// For the pages of the React version: they replace their list by this one, others do not listen. Comes
    /// after all else that an input has led to.
    private mutating func tellBoard(at now: Instant) {
        guard news.isDue(at: now) else { return }
        let open = board
        guard let audience = news.audience(of: open, among: arrivals, at: now) else { return }
        outbox.emit("newOfferWaiting", [newestLast(open)], to: audience)
    }

    /// The open offers, newest first.
    private var board: BoundedList {
        let open = offers.reversed().lazy.filter(\.isOpen)
        return BoundedList(open.map { record(of: $0) }, most: Self.maxBoard)
    }

    /// As pages get them.
    private func newestLast(_ board: BoundedList) -> JSONValue { .array(board.values.reversed()) }

    private func record(of offer: Offer) -> JSONValue {
        [
            "offererUserName": .string(callers[offer.offerer]?.name ?? ""), "offer": offer.description,
            // The course has both spellings.
            "offerIceCandidates": [], "offererIceCandidates": [],
            "answererUserName": offer.answererName, "answer": offer.answer, "answererIceCandidates": [],
        ]
    }

    // MARK: Answers

    /// A page waits for ever where there is no acknowledgement, so that there always is one.
    private mutating func answer(_ event: DialectEvent, _ client: ClientID) {
        let record = event.argument(0)
        let answer = limits.description(record?["answer"])
        // Once they have answered something, whether or not it is still there.
        let early = answer == nil ? [] : callers[client]?.early.removeValue(forKey: .answerer) ?? []
        guard let answer, let name = record?["offererUserName"]?.string, let offerer = names.holder(of: name),
            offerer != client, let index = offers.firstIndex(where: { $0.offerer == offerer }),
            offers[index].isOpen || offers[index].answerer == client
        else { return outbox.acknowledge(event, of: client, with: [[]]) }
        outbox.acknowledge(event, of: client, with: [.array(offers[index].candidates)])
        // One lesson sends the same answer twice; a second one would be an error to the other page.
        guard offers[index].answer != answer else { return }
        if offers[index].isOpen { news.changed(knownTo: client) }
        offers[index].answerer = client
        offers[index].answererName = .string(callers[client]?.name ?? "")
        offers[index].answer = answer
        outbox.emit("answerResponse", [self.record(of: offers[index])], to: offerer)
        for candidate in early { pass(candidate, to: offerer) }
    }

    // MARK: Candidates

    private mutating func trickle(_ event: DialectEvent, _ client: ClientID) {
        let message = event.argument(0)
        guard let candidate = limits.candidate(message?["iceCandidate"]),
            let offered = message?["didIOffer"]?.bool
        else { return }
        if offered {
            guard let index = offers.firstIndex(where: { $0.offerer == client }) else {
                return keep(candidate, of: client, as: .offerer)
            }
            if offers[index].candidates.count < Self.maxCandidates {
                offers[index].candidates.append(candidate)
            }
            if let answerer = offers[index].answerer { pass(candidate, to: answerer) }
        } else {
            guard let offer = offers.last(where: { $0.answerer == client }) else {
                return keep(candidate, of: client, as: .answerer)
            }
            pass(candidate, to: offer.offerer)
        }
    }

    private mutating func keep(_ candidate: JSONValue, of client: ClientID, as role: Role) {
        guard let kept = callers[client]?.early[role], kept.count < Self.maxCandidates else { return }
        callers[client]?.early[role]?.append(candidate)
    }

    private mutating func pass(_ candidate: JSONValue, to client: ClientID) {
        outbox.emit("receivedIceCandidateFromServer", [candidate], to: client)
        // A fork's spelling.
        outbox.emit("receviedIceCandidateFromServer", [candidate], to: client)
    }
}
