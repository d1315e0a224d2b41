// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Redis
import TestKit
import Testing

@Suite(
    "A link to Redis", .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.whySkipped)),
    .timeLimit(.minutes(1)))
struct RedisLinkTests {
    @Test("sends commands and returns every kind of answer")
    func commands() async throws {
        let server = try RedisServer()
        let link = try LinkProbe(RedisURL(server.url))
        #expect(await link.send("SET", "key", "value") == .success(.status("OK")))
        #expect(await link.send("GET", "key") == .success(.bytes(Array("value".utf8))))
        #expect(await link.send("GET", "nothing") == .success(.null))
        #expect(await link.send("STRLEN", "key") == .success(.integer(5)))
        #expect(
            await link.send("MGET", "key", "nothing")
                == .success(.array([.bytes(Array("value".utf8)), .null])))
        #expect(await link.send("SET", "key", "binary \r\n\0") == .success(.status("OK")))
        #expect(await link.send("GET", "key") == .success(.bytes(Array("binary \r\n\0".utf8))))
        guard case .failure(.refused(let message)) = await link.send("LPUSH", "key", "x") else {
            Issue.record("an error was expected")
            return
        }
        #expect(message.hasPrefix("WRONGTYPE"))
    }

    @Test("brings large values through, in both directions")
    func large() async throws {
        let server = try RedisServer()
        let link = try LinkProbe(RedisURL(server.url), options: .calm)
        let value = String(repeating: "0123456789abcdef", count: 200_000)
        #expect(await link.send("SET", "key", value) == .success(.status("OK")))
        #expect(await link.send("GET", "key") == .success(.bytes(Array(value.utf8))))
    }

    @Test("signs in with user, password and database, and says why it cannot without naming them")
    func credentials() async throws {
        let server = try RedisServer(
            "--requirepass", "tr0ub4dor", "--user", "ana", "on", ">s3cret", "~*", "&*", "+@all")
        let signedIn = try LinkProbe(
            RedisURL(.unix(path: server.socketPath), password: "tr0ub4dor", database: 3))
        await signedIn.up()
        guard case .success(let info) = await signedIn.send("CLIENT", "INFO") else {
            Issue.record("no answer")
            return
        }
        #expect(info.text?.contains(" db=3 ") == true)
        #expect(info.text?.contains("name=parley") == true)

        let named = try LinkProbe(RedisURL(.unix(path: server.socketPath), user: "ana", password: "s3cret"))
        #expect(await named.send("ACL", "WHOAMI") == .success(.bytes(Array("ana".utf8))))

        let wrong = try LinkProbe(RedisURL(.unix(path: server.socketPath), user: "ana", password: "hunter2"))
        #expect(await wrong.down() == "AUTH refused: WRONGPASS")
        let missing = try LinkProbe(RedisURL(.unix(path: server.socketPath)))
        #expect(await missing.down() == "PING refused: NOAUTH")
    }

    @Test("finds a server by its address and by its name")
    func tcp() async throws {
        let port = RedisServer.freePort()
        // The later `--port` counts.
        let server = try RedisServer("--port", String(port), "--bind", "127.0.0.1")
        for host in ["127.0.0.1", "localhost"] {
            let link = try LinkProbe(RedisURL("redis://\(host):\(port)"), options: .calm)
            #expect(await link.send("PING") == .success(.status("PONG")))
        }
        let unknown = try LinkProbe(RedisURL("redis://no-such-host.invalid:\(port)"), options: .calm)
        #expect(await unknown.down() != nil)
        _ = server
    }

    @Test("receives what is published on channels, patterns and sharded channels")
    func subscriptions() async throws {
        let server = try RedisServer()
        let link = try LinkProbe(RedisURL(server.url), options: .calm)
        let channel = link.subscribe(to: .channel("news"))
        let pattern = link.subscribe(to: .pattern("n*"))
        let shard = link.subscribe(to: .shard("news"))
        await link.up()
        #expect(await link.publish("one", on: "news") == .success(2))
        #expect(await link.publish("two", on: "nothing") == .success(1))
        #expect(await link.publish("three", on: "news", sharded: true) == .success(1))
        #expect(await channel.next() == "news: one")
        #expect(await pattern.next() == "news: one")
        #expect(await pattern.next() == "nothing: two")
        #expect(await shard.next() == "news: three")
        #expect(await link.count(of: "news") == .success(1))
        #expect(await link.count(of: "news", sharded: true) == .success(1))
        #expect(await link.count(of: "nothing") == .success(0))
    }

    @Test("unsubscribes when the last subscriber of a topic goes")
    func unsubscribing() async throws {
        let server = try RedisServer()
        let link = try LinkProbe(RedisURL(server.url), options: .calm)
        let first = link.subscribe(to: .channel("news"))
        let second = link.subscribe(to: .channel("news"))
        let marker = link.subscribe(to: .channel("marker"))
        await link.up()
        await link.unsubscribe(first)
        #expect(await link.publish("one", on: "news") == .success(1))
        #expect(await second.next() == "news: one")
        await link.unsubscribe(second)
        // The other connection carries it: a second subscription there shows that it has passed.
        let later = link.subscribe(to: .channel("later"))
        while await link.publish("x", on: "later") != .success(1) {}
        #expect(await later.next() == "later: x")
        #expect(await link.publish("two", on: "news") == .success(0))
        _ = await link.publish("end", on: "marker")
        #expect(await marker.next() == "marker: end")
    }
}
