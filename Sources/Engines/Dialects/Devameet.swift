// SPDX-License-Identifier: Apache-2.0
public import EngineKit
internal import JSON

/// `devameet`: people who walk about a board and hear each other (contract D). The meeting's link is part of the
/// names of events.
///
/// There is no event for leaving: closing the page is leaving. Members call a newcomer, several times in quick
/// succession, because candidates travel inside repeated descriptions.
public struct Devameet: Dialect {
    public typealias Question = DevameetQuestion
    public typealias Answer = DevameetAnswer

    /// What the text of a refusal says.
    public static let capacity = 10
    /// Tiles on each side of the board; the clients differ about whether they count from 0 or 1.
    static let tiles = 0.0...8.0
    /// Events that may wait for the answer to a join.
    private static let maxWaiting = 32

    private struct Member {
        let socketID: String
        let address: String
        /// What it sent along as proof of who it is; empty for most.
        let token: String
        /// See ``DialectClient/standInName``.
        let standInName: String?
        /// Bound at the first join.
        var user: String?
        var allowance = DialectAllowance()
        /// Its place in every room it is in.
        var places: [String: DevameetPlace] = [:]
        var joining: Joining?
    }

    /// A join that is looked up, and what its client sent meanwhile.
    private struct Joining {
        let question: QuestionID
        let link: String
        let user: String
        /// The meeting ended before the answer came, which may be older.
        var isTooLate = false
        var waiting: [DialectEvent] = []
    }

    private let limits: DialectLimits
    private var rooms = RoomTable()
    private var members: [ClientID: Member] = [:]
    private var sockets: [String: ClientID] = [:]
    private var questions: [QuestionID: ClientID] = [:]
    private var lastPlace: UInt64 = 0
    private var outbox = DialectOutbox<DevameetQuestion>()

    public init(limits: DialectLimits = DialectLimits()) { self.limits = limits }

    public mutating func poll() -> DialectOutput<DevameetQuestion>? { outbox.popFirst() }

    public mutating func handle(_ input: consuming DialectInput<DevameetAnswer>, at now: Instant) {
        switch input {
        case .connected(let client, let description):
            let token = description.auth["token"]?.string ?? ""
            members[client] = Member(
                socketID: description.socketID, address: description.address, token: token,
                standInName: description.standInName)
            sockets[description.socketID] = client
        case .event(let client, let event):
            guard members[client]?.allowance.takeEvent(limits, at: now) == true else { return }
            receive(event, of: client)
        case .disconnected(let client): disconnect(client)
        case .answered(let question, let answer):
            if let client = questions.removeValue(forKey: question) { settle(answer, of: client) }
        case .roomEnded(let link): end(link)
        case .asked, .tick: break
        }
    }

    private mutating func receive(_ event: DialectEvent, of client: ClientID) {
        if let joining = members[client]?.joining {
            if joining.waiting.count < Self.maxWaiting { members[client]?.joining?.waiting.append(event) }
            return
        }
        handle(event, of: client)
    }

    private mutating func handle(_ event: DialectEvent, of client: ClientID) {
        guard let message = event.argument(0), message.object != nil else { return }
        switch event.name {
        case "join": join(message, client)
        case "move": move(message, client)
        case "toggl-mute-user": mute(message, client)
        case "call-user": call(message, .offer, client)
        case "make-answer": call(message, .answer, client)
        // Forks have more, such as toggl-cam-user and move-challenge.
        default: break
        }
    }

    // MARK: Joining

    private mutating func join(_ message: JSONValue, _ client: ClientID) {
        guard let member = members[client] else { return }
        guard let link = limits.roomName(message["link"]) else { return refuse(.link, client) }
        guard let user = limits.roomName(message["userId"]), member.user == nil || member.user == user else {
            return refuse(.user, client)
        }
        if rooms.contains(client, in: link) { return tellPlaces(in: link) }
        guard rooms.rooms(of: client).count < limits.roomsPerClient else { return refuse(.full, client) }
        if let name = member.standInName {
            let joining = Joining(question: QuestionID(0), link: link, user: user)
            return enter(joining, DevameetPerson(name: name, avatar: DevameetPlace.usualAvatar), client)
        }
        let question = outbox.ask(
            .admission(link: link, user: user, address: member.address, token: member.token))
        questions[question] = client
        members[client]?.joining = Joining(question: question, link: link, user: user)
    }

    private mutating func settle(_ answer: DevameetAnswer, of client: ClientID) {
        guard let joining = members[client]?.joining else { return }
        members[client]?.joining = nil
        switch answer {
        case .unknownLink: refuse(.link, client)
        case .unknownUser: refuse(.user, client)
        case .tooFast: refuse(.pace, client)
        case .admitted where joining.isTooLate: refuse(.link, client)
        case .admitted(let person): enter(joining, person, client)
        }
        // One of them may be another join, for whose answer the rest then waits.
        for event in joining.waiting { receive(event, of: client) }
    }

    private mutating func enter(_ joining: Joining, _ person: DevameetPerson, _ client: ClientID) {
        let link = joining.link
        do throws(RoomTable.Refusal) {
            try rooms.enter(client, link, capacity: Self.capacity, limits: limits)
        } catch {
            return refuse(.full, client)
        }
        guard let socketID = members[client]?.socketID else { return }
        lastPlace += 1
        members[client]?.user = joining.user
        members[client]?.places[link] = DevameetPlace(number: lastPlace, person: person)
        // The list first: a page that is told of a newcomer it has no entry for loses their voice.
        tellPlaces(in: link)
        outbox.emit(
            "\(link)-add-user", [["user": .string(socketID), "clientId": .string(socketID)]],
            to: rooms.others(than: client, in: link))
    }

    private mutating func disconnect(_ client: ClientID) {
        guard let member = members[client] else { return }
        if let joining = member.joining { questions[joining.question] = nil }
        for link in rooms.rooms(of: client) {
            rooms.leave(client, link)
            tellGone(member.socketID, in: link, to: rooms.members(of: link))
        }
        sockets[member.socketID] = nil
        members[client] = nil
    }

    private mutating func tellGone(_ socketID: String, in link: String, to clients: [ClientID]) {
        // What the clients of the course and their forks each look for.
        let name = JSONValue.string(socketID)
        outbox.emit(
            "\(link)-remove-user", [["socketId": name, "socket": name, "clientId": name]], to: clients)
    }

    /// Leaves everybody alone in the room, which they are in no more. Their calls run from page to page and would go
    /// on after a disconnection; pages end a call when they hear that the other has gone.
    private mutating func end(_ link: String) {
        for client in Array(members.keys) where members[client]?.joining?.link == link {
            members[client]?.joining?.isTooLate = true
        }
        let present = rooms.members(of: link)
        for client in present {
            guard let socketID = members[client]?.socketID else { continue }
            tellGone(socketID, in: link, to: rooms.others(than: client, in: link))
        }
        for client in present {
            tellPlaces(of: [client], in: link)
            rooms.leave(client, link)
            members[client]?.places[link] = nil
        }
    }

    // MARK: Places

    /// Tells everybody in the room, the one who caused it too: that is how they learn their own place.
    private mutating func tellPlaces(in link: String) { tellPlaces(of: rooms.members(of: link), in: link) }

    private mutating func tellPlaces(of present: [ClientID], in link: String) {
        let users = present.compactMap { client -> JSONValue? in
            guard let member = members[client], let user = member.user, let place = member.places[link] else {
                return nil
            }
            return place.json(user: user, socketID: member.socketID, link: link)
        }
        outbox.emit("\(link)-update-user-list", [["users": .array(users)]], to: present)
    }

    /// The room that a message is about, if its sender is in it and is who it says.
    private func room(of message: JSONValue, from client: ClientID) -> String? {
        guard let user = members[client]?.user else { return nil }
        if let claimed = message["userId"], claimed.string != user { return nil }
        return rooms.room(named: message["link"]?.string, of: client)
    }

    private mutating func move(_ message: JSONValue, _ client: ClientID) {
        guard let link = room(of: message, from: client) else { return }
        guard let x = message["x"]?.number, let y = message["y"]?.number, Self.tiles.contains(x.double),
            Self.tiles.contains(y.double), let orientation = DevameetPlace.orientation(message["orientation"])
        else { return refuse(.place, client) }
        members[client]?.places[link]?.move(to: x, y, orientation)
        tellPlaces(in: link)
    }

    /// Mutes a person, wherever in the room they are: two pages of one person are one voice.
    private mutating func mute(_ message: JSONValue, _ client: ClientID) {
        guard let link = room(of: message, from: client), let user = members[client]?.user else { return }
        guard let muted = message["muted"]?.bool else { return refuse(.muted, client) }
        for other in rooms.members(of: link) where members[other]?.user == user {
            members[other]?.places[link]?.isMuted = muted
        }
        tellPlaces(in: link)
    }

    // MARK: Calls

    private enum Call: String {
        case offer, answer
        /// What the addressee hears.
        var event: String { self == .offer ? "call-made" : "answer-made" }
    }

    /// Passes a description on to a member of the same room.
    private mutating func call(_ message: JSONValue, _ call: Call, _ client: ClientID) {
        // The second of each is what a fork calls it.
        let forked = call.rawValue + "Description"
        guard let description = limits.description(message[call.rawValue] ?? message[forked]),
            let name = (message["to"] ?? message["clientId"])?.string, let other = sockets[name],
            other != client, areTogether(client, other, link: message["link"]?.string),
            let socketID = members[client]?.socketID
        else { return }
        var told: JSONObject = [call.rawValue: description, "socket": .string(socketID)]
        if message[forked] != nil {
            told[forked] = description
            told["clientId"] = .string(socketID)
        }
        outbox.emit(call.event, [.object(told)], to: other)
    }

    private func areTogether(_ a: ClientID, _ b: ClientID, link: String?) -> Bool {
        if let link { return rooms.contains(a, in: link) && rooms.contains(b, in: link) }
        return rooms.rooms(of: a).contains { rooms.contains(b, in: $0) }
    }

    // MARK: Refusals

    private enum Refusal: String {
        case link = "Link informado não é válido"
        case user = "Usuário informado não é válido"
        case full = "A quantidade máxima de usuários por sala é de 10 pessoas."
        case place = "Eixo x e y deve ser entre 0 e 8"
        case pace = "Muitas tentativas. Tente novamente em alguns minutos."
        case muted = "Valor para mudo não é válido"
    }

    private mutating func refuse(_ refusal: Refusal, _ client: ClientID) {
        outbox.emit("exception", [["status": "error", "message": .string(refusal.rawValue)]], to: client)
    }
}

/// What ``Devameet`` wants to know.
public enum DevameetQuestion: Hashable, Sendable {
    /// Whether there is a meeting with this link and a user with this id, and whether somebody at this address,
    /// or with this token, may be that user.
    case admission(link: String, user: String, address: String, token: String)
}

public enum DevameetAnswer: Hashable, Sendable {
    case admitted(DevameetPerson)
    case unknownLink
    case unknownUser
    /// Too many from this address asked for what is not there.
    case tooFast
}

/// A user as others see them.
public struct DevameetPerson: Hashable, Sendable {
    public var name: String
    /// As the client set it.
    public var avatar: String

    public init(name: String, avatar: String) {
        self.name = name
        self.avatar = avatar
    }
}
