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

    private struct Caller {
        let name: String
        var allowance = DialectAllowance()
        /// Candidates that came before what they belong to.
        var early: [Role: [JSONValue]] = [:]
    }

    private enum Role { case offerer, answerer }

    private struct Offer {
        let offerer: ClientID
        let description: JSONValue
        var candidates: [JSONValue] = []
        var answerer: ClientID?
        var answererName: JSONValue = .null
        var answer: JSONValue = .null
    }

    private let limits: DialectLimits
    private var callers: [ClientID: Caller] = [:]
    /// In the order of their coming.
    private var arrivals: [ClientID] = []
    private var names = Nicknames()
    /// Oldest first; at most one of each offerer.
    private var offers: [Offer] = []
    private var outbox = DialectOutbox<Never>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public mutating func poll() -> DialectOutput<Never>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<Never>, at now: Instant) {
        switch input {
        case .connected(let client, let description): connect(client, description)
        case .event(let client, let event):
            guard callers[client]?.allowance.takeEvent(limits, at: now) == true else { return }
            handle(event, of: client, at: now)
        case .disconnected(let client): disconnect(client)
        case .answered, .tick: break
        }
    }

    private mutating func connect(_ client: ClientID, _ description: DialectClient) {
        // One listing of the course writes the key in lower case.
        let wanted = description.auth["userName"] ?? description.auth["username"]
        guard description.auth["password"]?.string == Self.password, let name = Self.safe(limits.name(wanted))
        else { return outbox.disconnect(client) }
        callers[client] = Caller(name: names.give(name, to: client))
        arrivals.append(client)
        let open = board
        if !open.isEmpty { outbox.emit("availableOffers", [.array(open)], to: client) }
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
        let before = offers.count
        for offer in offers {
            if offer.offerer == client, let answerer = offer.answerer { outbox.emit(Self.left, to: answerer) }
            if offer.answerer == client { outbox.emit(Self.left, to: offer.offerer) }
        }
        offers.removeAll { $0.offerer == client || $0.answerer == client }
        if offers.count != before { tellBoard(except: client) }
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
        guard let description = limits.description(event.argument(0)),
            callers[client]?.allowance.takeBroadcast(limits, at: now) == true
        else { return }
        // A new call is the end of the last one.
        offers.removeAll { $0.offerer == client }
        guard offers.count < Self.maxOffers else { return }
        let early = callers[client]?.early.removeValue(forKey: .offerer) ?? []
        let offer = Offer(offerer: client, description: description, candidates: early)
        offers.append(offer)
        outbox.emit("newOfferAwaiting", [[record(of: offer)]], to: arrivals.filter { $0 != client })
        tellBoard(except: client)
    }

    /// For the pages of the React version: they replace their list by this one, others do not listen.
    private mutating func tellBoard(except client: ClientID) {
        outbox.emit("newOfferWaiting", [.array(board)], to: arrivals.filter { $0 != client })
    }

    private var board: [JSONValue] {
        offers.filter { $0.answerer == nil }.map { record(of: $0) }
    }

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
        guard let answer = limits.description(record?["answer"]),
            let name = record?["offererUserName"]?.string, let offerer = names.holder(of: name),
            offerer != client, let index = offers.firstIndex(where: { $0.offerer == offerer }),
            offers[index].answerer == nil || offers[index].answerer == client
        else { return outbox.acknowledge(event, of: client, with: [[]]) }
        outbox.acknowledge(event, of: client, with: [.array(offers[index].candidates)])
        // One lesson sends the same answer twice; a second one would be an error to the other page.
        guard offers[index].answer != answer else { return }
        offers[index].answerer = client
        offers[index].answererName = .string(callers[client]?.name ?? "")
        offers[index].answer = answer
        outbox.emit("answerResponse", [self.record(of: offers[index])], to: offerer)
        for candidate in callers[client]?.early.removeValue(forKey: .answerer) ?? [] {
            pass(candidate, to: offerer)
        }
        tellBoard(except: client)
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
        let count = callers[client]?.early[role]?.count ?? 0
        if count < Self.maxCandidates { callers[client]?.early[role, default: []].append(candidate) }
    }

    private mutating func pass(_ candidate: JSONValue, to client: ClientID) {
        outbox.emit("receivedIceCandidateFromServer", [candidate], to: client)
        // A fork's spelling.
        outbox.emit("receviedIceCandidateFromServer", [candidate], to: client)
    }
}
