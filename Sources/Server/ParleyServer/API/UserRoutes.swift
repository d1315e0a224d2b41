// SPDX-License-Identifier: Apache-2.0
internal import Appointments
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import Storage
internal import WebServer

/// Accounts: one's own, and everybody's for administrators.
enum UserRoutes {
    private static let invalid: [(String, HTTPStatus)] = [
        ("email-taken", .conflict), ("invalid-email", .unprocessableContent),
        ("invalid-name", .unprocessableContent), ("invalid-title", .unprocessableContent),
        ("invalid-zone", .unprocessableContent), ("weak-password", .unprocessableContent),
    ]
    private static let unknown: [(String, HTTPStatus)] = [("no-such-user", .notFound)]
    private static let own: [(String, HTTPStatus)] = [("own-account", .conflict)]

    static let all: [APIRoute] = [
        APIRoute(.get, "/users", "List all accounts, oldest first", .admin, success: .json("UserList"), list),
        APIRoute(
            .post, "/users", "Make an account", .admin, content: .json("NewUser"),
            success: .json("User", .created), problems: invalid, create),
        APIRoute(.get, "/users/me", "Show one's own account", .account, success: .json("User"), showOwn),
        APIRoute(
            .patch, "/users/me", "Change one's own account; a new password or address needs the old password",
            .account, content: .json("OwnUserChange"), success: .json("User"),
            problems: invalid + [("wrong-password", .forbidden), ("too-many-requests", .tooManyRequests)],
            changeOwn),
        APIRoute(
            .get, "/users/{id}", "Show an account", .admin, success: .json("User"), problems: unknown, show),
        APIRoute(
            .patch, "/users/{id}", "Change an account", .admin, content: .json("UserChange"),
            success: .json("User"), problems: invalid + unknown + own, change),
        APIRoute(
            .delete, "/users/{id}", "Delete an account and all that belongs to it", .admin,
            success: .nothing, problems: unknown + own, remove),
    ]

    static func json(_ account: AccountRecord) -> JSONValue {
        [
            "id": .string(account.id.text), "email": .string(account.email), "name": .string(account.name),
            "title": account.title.isEmpty ? .null : .string(account.title),
            "avatar": account.avatar.isEmpty ? .null : .string(account.avatar),
            "role": .string(account.role.rawValue), "zone": .string(account.zone),
            "disabled": .bool(account.disabledAt != nil), "createdAt": .number(JSONNumber(account.createdAt)),
        ]
    }

    // MARK: Looking

    private static func list(_ call: APICall) {
        call.services.store.accounts(
            call.then { call, accounts in call.send(["users": .array(accounts.map(json))]) })
    }

    private static func showOwn(_ call: APICall) throws(APIProblem) { call.send(json(try call.user())) }

    private static func show(_ call: APICall) throws(APIProblem) {
        call.services.store.account(
            try call.accountID(),
            call.then { call, account throws(APIProblem) in
                guard let account else { throw APIProblem(.unknown) }
                call.send(json(account))
            })
    }

    // MARK: Changing

    private static func create(_ call: APICall) throws(APIProblem) {
        let fields = try call.fields()
        let new = Accounts.New(
            email: try fields.requiredString("email"), name: try fields.requiredString("name"),
            title: try fields.string("title") ?? "", avatar: try fields.string("avatar", longest: 200) ?? "",
            role: try fields.choice("role", of: AccountRole.self) ?? .host,
            password: try fields.requiredString("password"), zone: try fields.string("zone") ?? "UTC")
        call.services.accounts.add(
            new,
            call.proceed { call, account in
                call.send(
                    json(account), .created,
                    fields: [("Location", "\(APIRouteTable.prefix)/users/\(account.id.text)")])
            })
    }

    /// What of an account anybody may change who may change it at all.
    private static func change(in fields: APIFields) throws(APIProblem) -> AccountChange {
        var change = AccountChange()
        change.email = try fields.string("email")
        change.name = try fields.string("name")
        change.title = fields.object["title"] == .null ? "" : try fields.string("title")
        change.avatar = fields.object["avatar"] == .null ? "" : try fields.string("avatar", longest: 200)
        change.zone = try fields.string("zone")
        return change
    }

    private static func changeOwn(_ call: APICall) throws(APIProblem) {
        let user = try call.user()
        let fields = try call.fields()
        guard !fields.contains("role"), !fields.contains("disabled") else { throw .notAllowed }
        let change = try change(in: fields)
        let password = try fields.string("password")
        guard password != nil || (change.email != nil && change.email != user.email) else {
            return apply(change, password: nil, to: user.id, call)
        }
        // Whoever finds a browser that is signed in is not to keep its owner out.
        let current = try fields.requiredString("currentPassword")
        call.services.accounts.logIn(
            email: user.email, password: current, from: call.client.address,
            call.later { (call: APICall, result: Result<AccountRecord, AccountRefusal>) throws(APIProblem) in
                if case .failure(let refusal) = result {
                    guard case .wrong = refusal else { throw APIProblem(refusal) }
                    throw APIProblem(.forbidden, refusal.name, "The current password is wrong.")
                }
                apply(change, password: password, to: user.id, call)
            })
    }

    private static func change(_ call: APICall) throws(APIProblem) {
        let id = try call.accountID()
        let fields = try call.fields()
        var change = try change(in: fields)
        change.role = try fields.choice("role", of: AccountRole.self)
        let disabled = try fields.bool("disabled")
        if let disabled { change.disabledAt = .some(disabled ? call.now : nil) }
        // So there is always one administrator left.
        if id == call.identity.user?.id, disabled == true || change.role.map({ $0 < .admin }) ?? false {
            throw .ownAccount
        }
        apply(change, password: try fields.string("password"), to: id, call)
    }

    /// The new password last: it ends sessions, and is not to do so when something else is refused.
    private static func apply(
        _ change: AccountChange, password: String?, to id: AccountID, _ call: APICall
    ) {
        if let password, !AccountRules.isPassword(password) {
            return call.refuse(APIProblem(.weakPassword))
        }
        call.services.accounts.change(
            id, change,
            call.proceed { call, account in
                call.tellPractice(of: account)
                guard let password else { return call.send(json(account)) }
                let kept = id == call.identity.user?.id ? call.identity.session : nil
                call.services.accounts.setPassword(
                    of: id, to: password, keeping: kept,
                    call.proceed { call, account in
                        call.shard.shards.tell(id, .signedOut)
                        call.send(json(account))
                    })
            })
    }

    private static func remove(_ call: APICall) throws(APIProblem) {
        let id = try call.accountID()
        guard id != call.identity.user?.id else { throw .ownAccount }
        call.services.store.deleteAccount(
            id,
            call.then { call, deleted throws(APIProblem) in
                guard let deleted else { throw APIProblem(.unknown) }
                for code in deleted.meetings.compactMap({ MeetingCode($0) }) { call.empty(code) }
                call.shard.shards.tell(id, .closed)
                call.sendNothing()
            })
    }
}

extension APICall {
    /// Who is signed in; routes for accounts have somebody.
    func user() throws(APIProblem) -> AccountRecord {
        guard let user = identity.user else { throw .notSignedIn }
        return user
    }

    /// The account that the path names.
    fileprivate func accountID() throws(APIProblem) -> AccountID {
        guard let id = AccountID(parameter("id")) else { throw APIProblem(.unknown) }
        return id
    }
}

extension APIProblem {
    static let ownAccount = APIProblem(
        .conflict, "own-account", "Administrators cannot lock out, demote or delete themselves.")
}
