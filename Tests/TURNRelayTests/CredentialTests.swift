// SPDX-License-Identifier: Apache-2.0
import EngineKit
import NetworkAddresses
import STUN
import TURNRelay
import Testing

@Suite("Credentials")
struct CredentialTests {
    @Test("a request without them is challenged with realm and nonce, and nothing is stored")
    func challenge() throws {
        let client = Client(Site())
        for method in [STUNMethod.allocate, .refresh, .createPermission, .channelBind] {
            let reply = try #require(client.ask(client.bare(method) { $0.append(.lifetime, number: 600) }))
            #expect(reply.error == 401)
            #expect(reply.realm == "parley")
            #expect(reply.nonce?.count == 20)
            #expect(!reply.isProtected)
        }
        #expect(client.site.server.allocationCount == 0)
    }

    @Test("that are wrong are answered with 401, whatever is wrong")
    func wrong() {
        let site = Site()
        let cases = [
            Client(site, "alice", "wrong"), Client(site, "nobody", "secret"), Client(site, "", "secret"),
            Client(site, "alice\0", "secret"), Client(site, "al\u{1}ice", "secret"),
        ]
        for client in cases { #expect(client.allocate()?.error == 401) }
        let bytes = Client(site)
        bytes.name = [0xFF, 0xFE]
        #expect(bytes.allocate()?.error == 401)
        let realm = Client(site)
        realm.realm = "elsewhere"
        #expect(realm.allocate()?.error == 401)
        #expect(site.server.counters[.wrongCredentials] == 7)
        #expect(site.server.allocationCount == 0)
    }

    @Test("without name, realm or nonce are answered with 400")
    func incomplete() {
        let client = Client(Site())
        client.takeNonce()
        let bytes = client.bare(.allocate) {
            $0.append(.username, "alice")
            $0.append(.messageIntegrity, Array(repeating: 0, count: 20))
        }
        #expect(client.ask(bytes)?.error == 400)
    }

    @Test("a nonce is good for the address it was made for, until it is an hour old")
    func nonces() throws {
        let site = Site()
        let client = Client(site)
        client.allocate()
        let other = Client(site, from: "192.0.2.1:1001")
        other.nonce = client.nonce
        let reply = try #require(other.allocate())
        #expect(reply.error == 438)
        #expect(reply.realm == "parley")
        #expect(reply.nonce != nil)
        site.pass(.seconds(590))
        #expect(client.refresh(3_600)?.error == nil)
        site.pass(.seconds(3_011))
        let stale = try #require(client.refresh())
        #expect(stale.error == 438)
        client.nonce = stale.nonce
        #expect(client.refresh()?.error == nil)
    }

    @Test("a nonce that is changed anywhere is stale", arguments: 0..<20)
    func forged(position: Int) {
        let client = Client(Site())
        client.takeNonce()
        client.nonce?[position] ^= 1
        #expect(client.allocate()?.error == 438)
    }

    @Test("of another user are answered with 441, and change nothing")
    func otherUser() {
        let client = Client(Site())
        client.allocate()
        client.name = Array("bob".utf8)
        #expect(client.refresh(0)?.error == 441)
        #expect(client.permit("203.0.114.1:1")?.error == 441)
        #expect(client.bind(0x4000, "203.0.114.1:1")?.error == 441)
        client.name = Array("alice".utf8)
        #expect(client.refresh()?.error == nil)
    }

    @Test("of users without allocation are answered with 437")
    func noAllocation() {
        let client = Client(Site())
        client.takeNonce()
        #expect(client.refresh()?.error == 437)
        #expect(client.permit("203.0.114.1:1")?.error == 437)
        #expect(client.bind(0x4000, "203.0.114.1:1")?.error == 437)
    }

    // MARK: SHA-256

    @Test(
        "SHA-256 is offered over streams, and over UDP where the answer is not much longer than the request")
    func offer() throws {
        let site = Site()
        let bare = Client(site).bare(.allocate) { $0.append(.requestedTransport, firstByte: 17) }
        let short = try #require(Client(site).ask(bare))
        #expect(short.algorithms.isEmpty)
        let long = Client(site)
        let reply = try #require(
            long.ask(long.bare(.allocate) { $0.append(.software, "a client with a name") }))
        #expect(reply.algorithms == [.sha256, .md5])
        #expect(reply.nonce.flatMap { STUNSecurityFeatures(nonce: $0) } == .passwordAlgorithms)
        let stream = Client(site, from: "192.0.2.1:5", .tcp, stream: 1)
        #expect(stream.ask(stream.bare(.allocate))?.algorithms == [.sha256, .md5])
    }

    @Test("SHA-256 works for everything, and so does MD5 with the same nonce")
    func sha256() throws {
        let site = Site()
        for (index, uses) in [true, false].enumerated() {
            let client = Client(site, from: "192.0.2.1:\(index + 1)", .tcp, stream: UInt32(index))
            client.usesSHA256 = uses
            #expect(client.allocate()?.error == nil)
            #expect(client.permit("203.0.114.1:1")?.error == nil)
            #expect(client.refresh()?.error == nil)
            client.usesSHA256.toggle()
            #expect(client.refresh()?.error == nil)
        }
    }

    @Test("an offer that somebody on the way has changed is answered with 400")
    func bidDown() {
        let client = Client(Site(), from: "192.0.2.1:5", .tcp, stream: 1)
        client.takeNonce()
        let changes: [(inout STUNWriter) -> Void] = [
            {
                $0.append([.md5])
                $0.append(.md5)
            },
            {
                $0.append([.md5, .sha256])
                $0.append(.md5)
            },
            { $0.append([.sha256, .md5]) },
            { $0.append(.sha256) },
        ]
        for change in changes {
            let bytes = client.signed(.allocate) {
                $0.append(.requestedTransport, firstByte: 17)
                change(&$0)
            }
            #expect(client.ask(bytes)?.error == 400)
        }
    }

    // MARK: USERHASH

    @Test("the hashed name of RFC 8489 appendix B.1 is that of its user, with both kinds of keys")
    func hashedName() throws {
        let name = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}"
        let site = Site({ $0.realm = "example.org" }, users: TURNUsers(passwords: [name: "TheMatrIX"]))
        let hash = "4A3CF38FEF6992BDA952C6780417DA0F24819415569E60B205C46E41407F1704"
        for usesSHA256 in [true, false] {
            let client = Client(
                site, name, "TheMatrIX", from: "192.0.2.1:\(usesSHA256 ? 1 : 2)", .tcp, stream: 1)
            (client.realm, client.hidesName, client.usesSHA256) = ("example.org", true, usesSHA256)
            let challenge = try #require(client.ask(client.bare(.allocate)))
            let announced = challenge.nonce.flatMap { STUNSecurityFeatures(nonce: $0) }
            #expect(announced == [.passwordAlgorithms, .usernameAnonymity])
            client.nonce = challenge.nonce
            let request = client.signed(.allocate) { $0.append(.requestedTransport, firstByte: 17) }
            #expect(
                request.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined().uppercased()
                    .contains(hash))
            #expect(client.ask(request)?.relayed.count == 1)
            #expect(client.refresh()?.error == nil)
            client.hidesName = false
            #expect(client.refresh()?.error == nil)
            client.hidesName = true
            client.password = "other"
            #expect(client.refresh()?.error == 401)
        }
        #expect(site.opened.map(\.user) == [name, name])
    }

    @Test(
        "hashed names of nobody, and of names that expire, are refused; hashes are not asked for beside those"
    )
    func unknownHash() {
        let site = Site()
        for client in [Client.limited(site, "ann"), Client(site, "nobody", from: "192.0.2.1:3")] {
            client.hidesName = true
            #expect(client.allocate()?.error == 401)
        }
        let known = Client(site, from: "192.0.2.1:4", .tcp, stream: 1)
        known.hidesName = true
        #expect(known.allocate()?.error == nil)
        #expect(known.nonce.flatMap { STUNSecurityFeatures(nonce: $0) } == .passwordAlgorithms)
    }

    @Test("what a nonce announces cannot be changed by somebody on the way", arguments: 0..<33)
    func forgedFeatures(position: Int) {
        let client = Client(Site(), from: "192.0.2.1:5", .tcp, stream: 1)
        client.takeNonce()
        client.nonce?[position] ^= 1
        #expect(client.allocate()?.error == 438)
    }

    // MARK: Time-limited

    @Test("time-limited names are good with any secret, not too far before their time, by clocks that differ")
    func timeLimited() {
        let users = TURNUsers(secrets: [Array("new".utf8), Array("old".utf8)])
        let site = Site(users: users)
        let cases: [(Int64, String, Int?)] = [
            (10, "new", nil), (10, "old", nil), (10, "none", 401), (-60, "new", nil),
            (-61, "new", 401), (86_400, "new", nil), (86_700, "new", nil), (86_701, "new", 401),
        ]
        for (index, (expires, secret, error)) in cases.enumerated() {
            let client = Client.limited(
                site, "ann", expires: expires, secret: Array(secret.utf8), from: "192.0.2.1:\(index + 1)")
            #expect(client.allocate()?.error == error)
        }
    }

    @Test("time-limited names that are a time alone have a quota each")
    func bareTimes() {
        let site = Site(limits: RelayLimits(perUser: 1))
        for index in 0..<5 {
            let client = Client.limited(site, "", expires: Int64(100 + index), from: "192.0.2.1:\(index + 1)")
            #expect(client.allocate()?.error == nil)
        }
        #expect(Set(site.opened.map(\.user)).count == 5)
        #expect(Client.limited(site, "", expires: 100, from: "192.0.2.1:9").allocate()?.error == 486)
    }

    @Test("time-limited names with other than digits in front are nobody's")
    func digits() {
        let site = Site()
        for name in [
            "1800000100x:ann", "-1800000100:ann", "99999999999999999999:ann", ":ann", "0x7fffffff:ann",
            " 1800000100:ann",
        ] {
            let client = Client(site, name, "")
            client.password = TURNCredential.password(of: name.utf8, secret: Site.secret, digests)
            #expect(client.allocate()?.error == 401)
        }
    }

    @Test("secrets are exchanged at run time, and what lives goes on")
    func rotation() {
        let site = Site()
        let client = Client.limited(site, "ann")
        client.allocate()
        site.handle(.users(TURNUsers(secrets: [Array("south".utf8)])))
        #expect(client.refresh()?.error == nil)
        #expect(Client.limited(site, "ann", from: "192.0.2.1:2").allocate()?.error == 401)
        let other = Client.limited(site, "ann", secret: Array("south".utf8), from: "192.0.2.1:3")
        #expect(other.allocate()?.error == nil)
    }
}
