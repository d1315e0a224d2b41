// SPDX-License-Identifier: Apache-2.0
import EngineKit
import PasswordHashes
import Storage
import Testing

@testable import ParleyServer

/// Waits for what a service reports.
private func outcome<Value: Sendable>(
    _ call: (@escaping Accounts.Done<Value>) -> Void
) async -> Result<Value, AccountRefusal> {
    await withCheckedContinuation { continuation in call { continuation.resume(returning: $0) } }
}

extension Result {
    fileprivate var refusal: Failure? {
        if case .failure(let refusal) = self { refusal } else { nil }
    }
}

@Suite("Accounts") struct AccountsTests {
    private let store: SQLiteStore
    private let accounts: Accounts

    init() throws {
        store = try .inMemory()
        // A clock that stands still: no try is given back while a busy machine makes its hashes.
        accounts = Accounts(
            store: store, cost: .init(memory: 64, passes: 1, lanes: 1), clock: { Instant(nanoseconds: 0) })
    }

    private func add(
        _ email: String, name: String = "Ana", password: String = "correct horse", zone: String = "UTC"
    ) async -> Result<AccountRecord, AccountRefusal> {
        await outcome {
            accounts.add(
                .init(email: email, name: name, role: .host, password: password, zone: zone), $0)
        }
    }

    private func logIn(
        _ email: String, _ password: String, from address: String = "192.0.2.1"
    ) async -> Result<AccountRecord, AccountRefusal> {
        await outcome { accounts.logIn(email: email, password: password, from: address, $0) }
    }

    private func stored(_ email: String) async throws -> AccountRecord? {
        try await withCheckedContinuation { continuation in
            store.account(email: email) { continuation.resume(returning: $0) }
        }.get()
    }

    @Test("keeps a password as an Argon2id hash, each with a salt of its own")
    func hashes() async throws {
        let first = try await add("ana@example.org").get()
        let second = try await add("ben@example.org").get()
        #expect(first.password.hasPrefix("$argon2id$v=19$") && second.password.hasPrefix("$argon2id$v=19$"))
        #expect(first.password != second.password)
        #expect(first.id != second.id)
        #expect(try await stored("ana@example.org") == first)
    }

    @Test("lets in who knows the password, whatever the capitals of the address")
    func logsIn() async throws {
        let account = try await add(" Ana@Example.org ").get()
        #expect(account.email == "Ana@Example.org")
        #expect(await logIn("ana@example.ORG", "correct horse") == .success(account))
        #expect(await logIn("ana@example.org", "Correct horse").refusal == .wrong)
        #expect(await logIn("ana@example.org", "").refusal == .wrong)
        #expect(await logIn("eve@example.org", "correct horse").refusal == .wrong)
    }

    @Test("nobody gets in without an account, even with the password that stands for it")
    func decoy() async { #expect(await logIn("nobody@example.org", "").refusal == .wrong) }

    @Test("has each address once")
    func isUnique() async throws {
        _ = try await add("ana@example.org").get()
        #expect(await add("ANA@example.org").refusal == .taken)
    }

    @Test(
        "refuses addresses that are none",
        arguments: [
            "", "ana", "@", "ana@", "@example.org", "a@b@c", "a b@example.org", "ana@example..org",
            "ana@-a.org",
            "ana@exa\nmple.org", "<ana@example.org>", "\(String(repeating: "a", count: 65))@example.org",
        ])
    func refusesEmail(_ email: String) async { #expect(await add(email).refusal == .invalidEmail) }

    @Test("accepts unusual addresses", arguments: ["a+b@example.org", "ana@localhost", "josé@exämple.org"])
    func acceptsEmail(_ email: String) async throws { _ = try await add(email).get() }

    @Test("refuses names that cannot be shown")
    func refusesNames() async {
        for name in ["", "  ", "a\nb", String(repeating: "x", count: 61)] {
            #expect(await add("ana@example.org", name: name).refusal == .invalidName)
        }
    }

    @Test("refuses passwords that are too short or absurdly long")
    func refusesPasswords() async {
        for password in ["", "7 chars", String(repeating: "x", count: 201)] {
            #expect(await add("ana@example.org", password: password).refusal == .weakPassword)
        }
    }

    @Test(
        "refuses what this machine knows no time zone of",
        arguments: [
            "", "/etc/passwd", "../UTC", "Europe/", "a/b/c/d", "A b", "Mars/Phobos", "leapseconds",
            "localtime", "Europe", "posix/Europe/Lisbon",
        ])
    func refusesZone(_ zone: String) async {
        #expect(await add("ana@example.org", zone: zone).refusal == .invalidZone)
    }

    @Test(
        "accepts time zones of the database",
        arguments: ["UTC", "Europe/Lisbon", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "GB-Eire"])
    func acceptsZone(_ zone: String) async throws { _ = try await add("ana@example.org", zone: zone).get() }

    @Test("an account is guessed at ten times and no more, wherever from; the right password counts nothing")
    func limitsAccount() async throws {
        _ = try await add("ana@example.org").get()
        for _ in 1...40 { #expect(try await logIn("ana@example.org", "correct horse").get().name == "Ana") }
        for guess in 1...10 {
            #expect(await logIn("ana@example.org", "wrong", from: "192.0.2.\(guess)").refusal == .wrong)
        }
        #expect(await logIn("Ana@example.org", "correct horse", from: "192.0.2.99").refusal == .tooFast)
    }

    @Test("an address guesses thirty times and no more, whatever the account")
    func limitsAddress() async throws {
        for guess in 1...30 { #expect(await logIn("a\(guess)@example.org", "wrong").refusal == .wrong) }
        #expect(await logIn("b@example.org", "wrong").refusal == .tooFast)
        #expect(await logIn("b@example.org", "wrong", from: "192.0.2.2").refusal == .wrong)
    }

    @Test("a disabled account looks like a wrong password")
    func disabled() async throws {
        let account = try await add("ana@example.org").get()
        var change = AccountChange()
        change.disabledAt = .some(5)
        _ = try await outcome { accounts.change(account.id, change, $0) }.get()
        #expect(await logIn("ana@example.org", "correct horse").refusal == .wrong)
    }

    @Test("a new password needs the old one, and replaces it")
    func changesPassword() async throws {
        let account = try await add("ana@example.org").get()
        func change(from old: String, to new: String) async -> Result<AccountRecord, AccountRefusal> {
            await outcome {
                accounts.changePassword(
                    of: account, from: old, to: new, by: "192.0.2.1", keeping: nil, $0)
            }
        }
        #expect(await change(from: "wrong", to: "battery staple").refusal == .wrong)
        #expect(await change(from: "correct horse", to: "short").refusal == .weakPassword)
        _ = try await change(from: "correct horse", to: "battery staple").get()
        #expect(await logIn("ana@example.org", "correct horse").refusal == .wrong)
        _ = try await logIn("ana@example.org", "battery staple").get()
    }

    @Test("a sign-in that was checked before the password changed begins no session")
    func staleSignIn() async throws {
        _ = try await add("ana@example.org").get()
        let checked = try await logIn("ana@example.org", "correct horse").get()
        let credentials = Credentials(secret: [UInt8](repeating: 7, count: 32), store: store)
        func begin(_ account: AccountRecord) async -> Result<String, APIProblem> {
            await withCheckedContinuation { continuation in
                credentials.beginSession(of: account) { continuation.resume(returning: $0) }
            }
        }
        _ = try await begin(checked).get()
        let changed = try await outcome {
            accounts.setPassword(of: checked.id, to: "battery staple", $0)
        }.get()
        guard case .failure(let problem) = await begin(checked) else {
            Issue.record("signed in with the old password")
            return
        }
        #expect(problem.code == "wrong-password")
        _ = try await begin(changed).get()
    }

    @Test("changes of an account are checked like a new one's, and never set a password")
    func changes() async throws {
        let account = try await add("ana@example.org").get()
        _ = try await add("ben@example.org").get()
        func refusal(_ set: (inout AccountChange) -> Void) async -> AccountRefusal? {
            var change = AccountChange()
            set(&change)
            return await outcome { accounts.change(account.id, change, $0) }.refusal
        }
        #expect(await refusal { $0.email = "BEN@example.org" } == .taken)
        #expect(await refusal { $0.email = "ben" } == .invalidEmail)
        #expect(await refusal { $0.name = "" } == .invalidName)
        #expect(await refusal { $0.title = "a\u{0}b" } == .invalidTitle)
        #expect(await refusal { $0.zone = "" } == .invalidZone)
        #expect(await refusal { $0.zone = "Mars/Phobos" } == .invalidZone)
        #expect(await refusal { $0.password = "plain text" } == nil)
        #expect(try await stored("ana@example.org") == account)
    }

    @Test("refuses rather than letting more passwords wait than it can check soon")
    func isBounded() async {
        let worker = PasswordWorker(cost: .init(memory: 64, passes: 1, lanes: 1))
        let gate = AsyncStream<Void>.makeStream()
        #expect(
            worker.check("", against: nil) { _ in
                blocking { done in Task { for await _ in gate.stream { done(()) } } }
            })
        for _ in 1..<PasswordWorker.capacity { #expect(worker.check("", against: nil) { _ in }) }
        #expect(!worker.check("", against: nil) { _ in })
        #expect(!worker.hash("") { _ in })
        gate.continuation.yield()
        gate.continuation.finish()
    }
}
