// SPDX-License-Identifier: Apache-2.0
import Dialects
import EventLoops
import JSON
import JWT
import MeetingProtocol
import Storage
import TLS
import Testing

@testable import ParleyServer

@Suite("Devameet access") struct DevameetAccessTests {
    private let store: SQLiteStore
    private let access: DevameetAccess
    private let ana = AccountID("0123456789abcdef01234567")!
    private let link = "abc-defg-hij"

    init() throws {
        store = try .inMemory()
        access = DevameetAccess(secret: [UInt8](repeating: 7, count: 32), store: store)
    }

    private func wait<Value: Sendable>(
        _ call: (@escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value {
        await withCheckedContinuation { continuation in call { continuation.resume(returning: $0) } }
    }

    @discardableResult
    private func addAna(_ password: String = "hash") async throws -> AccountRecord {
        let account = AccountRecord(
            id: ana, email: "ana@example.org", name: "Ana", avatar: "avatar_07", role: .host,
            password: password, createdAt: 0)
        _ = try await wait { store.addAccount(account, $0) }.get()
        let code = try #require(MeetingCode(link))
        _ = try await wait {
            store.create(MeetingRecord(code: code, retention: .none, createdAt: 0), $0)
        }.get()
        return account
    }

    private func join(from address: String, link: String? = nil, user: String? = nil, token: String = "")
        async
        -> DevameetAnswer
    {
        await wait {
            access.answer(
                .admission(
                    link: link ?? self.link, user: user ?? ana.text, address: address, token: token), $0)
        }
    }

    private let admitted = DevameetAnswer.admitted(DevameetPerson(name: "Ana", avatar: "avatar_07"))

    @Test("the link is half of what it takes, and an account's id the other")
    func needsBoth() async throws {
        try await addAna()
        #expect(await join(from: "192.0.2.1") == admitted)
        #expect(await join(from: "192.0.2.1", link: "zzz-zzzz-zzz") == .unknownLink)
        #expect(await join(from: "192.0.2.1", link: "ABC-DEFG-HIJ") == .unknownLink)
        #expect(await join(from: "192.0.2.1", link: "abcdefghij") == .unknownLink)
        #expect(await join(from: "192.0.2.1", user: "76543210fedcba9876543210") == .unknownUser)
        #expect(await join(from: "192.0.2.1", user: "ana") == .unknownUser)
    }

    @Test("who has shown a token is nobody else's from another address, unless with a token")
    func grants() async throws {
        let account = try await addAna()
        access.grant(ana, "192.0.2.1")
        #expect(await join(from: "192.0.2.1") == admitted)
        #expect(await join(from: "198.51.100.9") == .unknownUser)
        #expect(await join(from: "198.51.100.9", token: access.token(for: account)) == admitted)
        access.grant(ana, "198.51.100.9")
        #expect(await join(from: "198.51.100.9") == admitted)
        #expect(await join(from: "192.0.2.1") == admitted)
    }

    @Test("addresses of one network of IPv6 are one, and so are the names of this machine")
    func addresses() async throws {
        try await addAna()
        access.grant(ana, "2001:db8:1:2::3")
        #expect(await join(from: "2001:db8:1:2:ffff::9") == admitted)
        #expect(await join(from: "2001:db8:1:3::3") == .unknownUser)
        access.grant(ana, "127.0.0.1")
        #expect(await join(from: "::1") == admitted)
    }

    @Test("a token is its own account's until the password changes or the account is disabled")
    func tokens() async throws {
        let account = try await addAna()
        let token = access.token(for: account)
        func isGood(_ token: String) async throws -> Bool {
            if case .account = try await wait({ access.find(token: token, $0) }).get() { true } else { false }
        }
        #expect(try await isGood(token))
        #expect(try await isGood(token + "x") == false)
        #expect(try await isGood("") == false)
        let other = DevameetAccess(secret: [UInt8](repeating: 8, count: 32), store: store)
        #expect(try await isGood(other.token(for: account)) == false)
        var change = AccountChange()
        change.password = "another hash"
        _ = try await wait { store.changeAccount(ana, change, $0) }.get()
        #expect(try await isGood(token) == false)
        change = AccountChange()
        change.disabledAt = .some(1)
        let disabled = try #require(try await wait { store.changeAccount(ana, change, $0) }.get())
        #expect(try await isGood(access.token(for: disabled)) == false)
        #expect(await join(from: "192.0.2.1") == .unknownUser)
    }

    @Test("a token ends, and one that would not is not good", arguments: [1, nil] as [Int64?])
    func ends(_ expiry: Int64?) async throws {
        let token = access.token(for: try await addAna())
        // The same claims under the same key, but for the end.
        var claims = try #require(try JSONValue(parsing: CompactJWS(parsing: token).payload).object)
        let key = JWTKey.derived(from: [UInt8](repeating: 7, count: 32), purpose: "devameet tokens")
        guard case .account = try await wait({ access.find(token: key.sign(claims), $0) }).get() else {
            Issue.record("not the same claims")
            return
        }
        claims["exp"] = expiry.map { .number(JSONNumber($0)) }
        let other = key.sign(claims)
        guard case .nobody = try await wait({ access.find(token: other, $0) }).get() else {
            Issue.record("good for ever")
            return
        }
    }

    @Test("the token of a deleted account is told from one that is not good")
    func gone() async throws {
        let account = try await addAna()
        let token = access.token(for: account)
        _ = try await wait { store.deleteAccount(ana, $0) }.get()
        guard case .gone = try await wait({ access.find(token: token, $0) }).get() else {
            Issue.record("not gone")
            return
        }
    }

    @Test("an address that asks for what is not there is stopped; joins that succeed count nothing")
    func limitsGuesses() async throws {
        try await addAna()
        let single = try SingleShard(.unstarted(store: store))
        defer { single.loop.stop() }
        func join(_ link: String, from address: String = "192.0.2.1") async -> DevameetAnswer {
            await wait { found in
                single.shards.execute(on: 0) { [access, ana] shard in
                    access.answer(
                        .admission(link: link, user: ana.text, address: address, token: ""), on: shard, found)
                }
            }
        }
        for _ in 1...150 { #expect(await join(link) == admitted) }
        var told: [DevameetAnswer] = []
        repeat { told.append(await join("zzz-zzzz-zzz")) } while told.last == .unknownLink && told.count < 500
        #expect(told.count > 60 && told.last == .tooFast)
        #expect(await join("zzz-zzzz-zzz", from: "192.0.2.2") == .unknownLink)
    }

    @Test("only a join that succeeds counts as use of the meeting")
    func touches() async throws {
        try await addAna()
        let code = try #require(MeetingCode(link))
        func usedAt() async throws -> Int64 {
            try #require(try await wait { store.load(code, newest: 0, $0) }.get()).record.usedAt
        }
        _ = await join(from: "192.0.2.1", user: "76543210fedcba9876543210")
        #expect(try await usedAt() == 0)
        #expect(await join(from: "192.0.2.1") == admitted)
        #expect(try await usedAt() > 0)
    }

    @Test("nobody enters a meeting that has ended")
    func ended() async throws {
        try await addAna()
        let code = try #require(MeetingCode(link))
        _ = try await wait { store.end(code, at: 1, $0) }.get()
        #expect(await join(from: "192.0.2.1") == .unknownLink)
    }
}
