// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Rooms
internal import ServerConfig
internal import Storage
internal import TLS
internal import WebServer

/// The routes of devameet below `/api`: its users are accounts of this server, its meetings meetings.
struct DevameetREST: DialectREST {
    static let passwordRule =
        "Senha informada não é válida, ela precisa ter de 4 a 12 caracteres e conter pelo menos um caracter "
        + "maiúsculo, um minúsculo, um número e um caractér especial."
    /// Meetings of one account.
    private static let maxMeetings = 500

    private typealias Action = (DevameetCall) throws(DevameetProblem) -> Void

    private unowned let shard: Shard

    init(_ shard: Shard) { self.shard = shard }

    func handle(_ path: String, _ client: ClientRequest, _ answer: Answer) -> Bool {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard parts.first == "api" else { return false }
        // One client writes a slash behind.
        if parts.last == "" { parts.removeLast() }
        let call = DevameetCall(shard: shard, client: client, answer: answer)
        switch (answer.head.method, Array(parts.dropFirst())) {
        case (.post, ["auth", "register"]):
            call.attempt { (call) throws(DevameetProblem) in try Self.register(call) }
        case (.post, ["auth", "login"]):
            call.attempt { (call) throws(DevameetProblem) in try Self.logIn(call) }
        case (let method, let parts):
            guard ["user", "meet", "room"].contains(parts.first) else { return false }
            guard let action = Self.action(method, parts) else {
                call.refuse(
                    DevameetProblem(
                        status: 404, phrase: "Not Found",
                        message: .string("Cannot \(method.rawValue) \(path)")))
                return true
            }
            Self.authenticate(call, action)
        }
        return true
    }

    /// What needs a token.
    private static func action(_ method: HTTPMethod, _ parts: [String]) -> Action? {
        switch (method, parts.count) {
        case (.get, 1) where parts[0] == "user": user
        case (.put, 1) where parts[0] == "user": changeUser
        case (.get, 1) where parts[0] == "meet": list
        case (.post, 1) where parts[0] == "meet": create
        case (.get, 2) where parts[0] == "meet":
            { (call) throws(DevameetProblem) in describe(call, parts[1]) }
        case (.put, 2) where parts[0] == "meet":
            { (call) throws(DevameetProblem) in try change(call, parts[1]) }
        case (.delete, 2) where parts[0] == "meet":
            { (call) throws(DevameetProblem) in remove(call, parts[1]) }
        case (.get, 3) where parts[0] == "meet" && parts[1] == "objects":
            { (call) throws(DevameetProblem) in objects(call, parts[2]) }
        case (.get, 2) where parts[0] == "room":
            { (call) throws(DevameetProblem) in try room(call, parts[1]) }
        default: nil
        }
    }

    private static func authenticate(_ call: DevameetCall, _ action: @escaping Action) {
        let words = call.answer.head.headers["Authorization"]?.split(separator: " ") ?? []
        guard words.count == 2, words[0].lowercased() == "bearer" else { return call.refuse(.unauthorized) }
        let bound = LoopBound(action, on: call.shard.loop)
        call.services.devameet.find(
            token: words[1],
            call.then { call, bearer throws(DevameetProblem) in
                let account: AccountRecord
                switch bearer {
                case .account(let found): account = found
                case .gone: throw .unknownUser
                case .nobody: throw .unauthorized
                }
                call.services.devameet.grant(account.id, call.client.address)
                var call = call
                call.account = account
                bound.use { action in
                    call.attempt { (call) throws(DevameetProblem) in try action(call) }
                }
            })
    }

    // MARK: Accounts

    private static func register(_ call: DevameetCall) throws(DevameetProblem) {
        guard call.services.config.rooms.creation == .anyone else { throw .closed }
        var fields = try call.fields()
        let name = fields.personName()
        let email = fields.text("email", else: "Email informado não é válido") {
            AccountRules.email($0) != nil
        }
        let password = fields.text("password", else: passwordRule, where: isPassword)
        let avatar = fields.avatar()
        try fields.check()
        guard call.shard.creations.allows(call.client.address, at: call.shard.loop.now) else {
            throw .tooFast
        }
        let new = Accounts.New(
            email: email, name: name, avatar: avatar ?? "", role: .host, password: password)
        call.services.accounts.add(
            new, isPassword: isPassword,
            call.proceed({ _ in nil }) { call, account in
                // One client takes an answer without `_id` for a failure. None needs the password back.
                call.send([
                    "_id": .string(account.id.text), "name": .string(account.name),
                    "email": .string(account.email), "avatar": .string(account.avatar), "__v": 0,
                ])
            })
    }

    private static func isPassword(_ text: String) -> Bool {
        let has = { (test: (Character) -> Bool) in text.contains(where: test) }
        return (4...12).contains(text.count) && text.utf8.count <= 200
            && has { ("A"..."Z").contains($0) } && has { ("a"..."z").contains($0) }
            && has { !$0.isLetter || !$0.isASCII }
    }

    private static func logIn(_ call: DevameetCall) throws(DevameetProblem) {
        var fields = try call.fields()
        let isText = { (text: String) in !text.isEmpty && text.utf8.count <= 1000 }
        let email = fields.text("login", else: "Login informado não é válido", where: isText)
        let password = fields.text("password", else: "Senha informada não é válida", where: isText)
        try fields.check()
        call.services.accounts.logIn(
            email: email, password: password, from: call.client.address,
            call.proceed({ _ in nil }) { call, account in
                call.send([
                    "email": .string(account.email), "name": .string(account.name),
                    "token": .string(call.services.devameet.token(for: account)),
                ])
            })
    }

    private static func user(_ call: DevameetCall) throws(DevameetProblem) {
        guard let account = call.account else { throw .unauthorized }
        call.send([
            "name": .string(account.name), "email": .string(account.email), "avatar": .string(account.avatar),
            "id": .string(account.id.text),
        ])
    }

    private static func changeUser(_ call: DevameetCall) throws(DevameetProblem) {
        guard let account = call.account else { throw .unauthorized }
        var fields = try call.fields()
        var change = AccountChange()
        change.name = fields.personName()
        change.avatar = fields.avatar()
        try fields.check()
        call.services.accounts.change(
            account.id, change, call.proceed({ _ in nil }) { call, _ in call.sendNothing() })
    }

    // MARK: Meetings

    private static func json(_ meeting: MeetingRecord, id: String) -> JSONObject {
        [
            id: .string(DevameetID.of(link: meeting.code.text)), "name": .string(name(of: meeting)),
            "color": .string(color(of: meeting)), "link": .string(meeting.code.text),
        ]
    }

    /// Meetings made elsewhere have neither, and pages show both.
    private static func name(of meeting: MeetingRecord) -> String {
        if let name = meeting.name, !name.isEmpty { name } else { meeting.code.text }
    }

    private static func color(of meeting: MeetingRecord) -> String {
        if let color = meeting.color, !color.isEmpty { color } else { "#8250C4" }
    }

    private static func list(_ call: DevameetCall) {
        guard let account = call.account else { return }
        call.services.store.meetings(
            of: account.id, limit: maxMeetings,
            call.then { call, meetings in
                call.send(.array(meetings.map { .object(json($0, id: "id")) }))
            })
    }

    private static func create(_ call: DevameetCall) throws(DevameetProblem) {
        guard let account = call.account else { throw .unauthorized }
        var fields = try call.fields()
        let (name, color) = (fields.meetingName(), fields.color())
        try fields.check()
        guard call.shard.creations.allows(call.client.address, at: call.shard.loop.now) else {
            throw .tooFast
        }
        call.services.store.meetings(
            of: account.id, limit: maxMeetings,
            call.then { call, meetings throws(DevameetProblem) in
                guard meetings.count < maxMeetings else {
                    throw .refused("Quantidade máxima de reuniões atingida")
                }
                add(call, account.id, name, color, attempts: 3)
            })
    }

    private static func add(
        _ call: DevameetCall, _ owner: AccountID, _ name: String, _ color: String, attempts: Int
    ) {
        var random = SystemRandomSource()
        let letters = random.nextText(MeetingCode.letterCount, from: MeetingCode.alphabet)
        guard let code = MeetingCode(letters), attempts > 0 else { return call.refuse(.unavailable) }
        let meeting = MeetingRecord(
            code: code, retention: call.services.config.chat.retention.chat, createdAt: call.now,
            owner: owner,
            name: name, color: color)
        call.services.store.create(
            meeting,
            call.then { call, isNew in
                if isNew { return call.sendNothing(.created) }
                add(call, owner, name, color, attempts: attempts - 1)
            })
    }

    /// Goes on with a meeting of the caller's own that has not ended; with `nil` for any other id.
    private static func withOwn(
        _ id: String, _ call: DevameetCall,
        _ body: @escaping @Sendable (DevameetCall, MeetingRecord?) throws(DevameetProblem) -> Void
    ) {
        guard let code = DevameetID.link(of: id).flatMap(MeetingCode.init), let account = call.account else {
            return call.attempt { (call) throws(DevameetProblem) in try body(call, nil) }
        }
        call.services.store.load(
            code, newest: 0,
            call.then { call, meeting throws(DevameetProblem) in
                let isOwn = meeting?.record.owner == account.id && meeting?.record.endedAt == nil
                try body(call, isOwn ? meeting?.record : nil)
            })
    }

    private static func describe(_ call: DevameetCall, _ id: String) {
        withOwn(id, call) { call, meeting in
            guard let meeting else { return call.sendNothing() }
            var object = json(meeting, id: "_id")
            object["user"] = .string(meeting.owner?.text ?? "")
            object["__v"] = 0
            call.send(.object(object))
        }
    }

    private static func change(_ call: DevameetCall, _ id: String) throws(DevameetProblem) {
        var fields = try call.fields()
        var change = MeetingChange(expectedOwner: call.account?.id)
        change.name = fields.meetingName()
        change.color = fields.color()
        change.objects = fields.objects()
        try fields.check()
        guard let code = DevameetID.link(of: id).flatMap(MeetingCode.init) else { throw .unknownMeeting }
        call.services.store.changeMeeting(
            code, change,
            call.then { call, meeting throws(DevameetProblem) in
                guard meeting != nil else { throw .unknownMeeting }
                call.sendNothing()
            })
    }

    private static func remove(_ call: DevameetCall, _ id: String) {
        withOwn(id, call) { call, meeting in
            guard let code = meeting?.code else { return call.sendNothing() }
            call.services.store.deleteMeeting(
                code,
                call.then { call, _ in
                    call.shard.empty(code)
                    call.sendNothing()
                })
        }
    }

    private static func objects(_ call: DevameetCall, _ id: String) {
        withOwn(id, call) { call, meeting in
            guard let code = meeting?.code else { return call.send([]) }
            call.services.store.objects(
                in: code,
                call.then { call, objects in
                    call.send(.array(objects.map { $0.devameet(in: DevameetID.of(link: code.text)) }))
                })
        }
    }

    /// A meeting as whoever has its link sees it.
    private static func room(_ call: DevameetCall, _ link: String) throws(DevameetProblem) {
        guard call.shard.guesses.allows(call.client.address, at: call.shard.loop.now) else { throw .tooFast }
        guard let code = MeetingCode(link), code.text == link else { throw .unknownLink }
        call.services.store.load(
            code, newest: 0,
            call.then { call, meeting throws(DevameetProblem) in
                guard let meeting = meeting?.record, meeting.endedAt == nil else { throw .unknownLink }
                call.services.store.objects(
                    in: code,
                    call.then { call, objects in
                        let id = DevameetID.of(link: code.text)
                        call.send([
                            "link": .string(code.text), "name": .string(name(of: meeting)),
                            "color": .string(color(of: meeting)),
                            "objects": .array(objects.map { $0.devameet(in: id) }),
                        ])
                    })
            })
    }
}
