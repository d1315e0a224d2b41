// SPDX-License-Identifier: Apache-2.0
import EventLoops
import Redis
import TestKit
import Testing

@Suite(
    "An outage of Redis", .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.whySkipped)),
    .timeLimit(.minutes(1)))
struct RedisOutageTests {
    @Test("is reported, and over when Redis is back, with every subscription made again")
    func back() async throws {
        let server = try RedisServer()
        let link = try LinkProbe(RedisURL(server.url))
        let inbox = link.subscribe(to: .channel("news"))
        let shard = link.subscribe(to: .shard("news"))
        await link.up()
        server.stop()
        // How it is noticed depends on which line sees the end first.
        #expect(await link.down() != nil)
        try server.start()
        await link.up()
        #expect(await link.publish("again", on: "news") == .success(1))
        #expect(await link.publish("again", on: "news", sharded: true) == .success(1))
        #expect(await inbox.next() == "news: again")
        #expect(await shard.next() == "news: again")
    }

    @Test("from the beginning is one like any other")
    func neverUp() async throws {
        let server = try RedisServer()
        server.stop()
        let link = try LinkProbe(RedisURL(server.url))
        #expect(await link.down() == "Connection refused")
        try server.start()
        await link.up()
    }

    @Test("lets commands wait for a while, and then fails them with the reason")
    func waiting() async throws {
        let server = try RedisServer()
        let link = try LinkProbe(RedisURL(server.url))
        await link.up()
        server.stop()
        await link.down()
        #expect(await link.send("PING") == .failure(.down(reason: "Connection refused")))
        async let answer = link.send("PING")
        try server.start()
        #expect(await answer == .success(.status("PONG")))
    }

    @Test("leaves room for a bounded number of commands and bytes")
    func bounded() async throws {
        let server = try RedisServer()
        server.stop()
        var options = RedisOptions.calm
        options.maxCommands = 3
        options.maxBytes = 1000
        let link = try LinkProbe(RedisURL(server.url), options: options)
        await link.down()
        let outcomes = await link.useCollecting { link, done in
            link.send("SET", "key", String(repeating: "x", count: 1000), completion: done)
            for _ in 0..<4 { link.send("PING", completion: done) }
        }
        #expect(outcomes == [.failure(.overloaded), .failure(.overloaded)])
    }

    @Test("that is mere slowness is reported as such, and answers still come")
    func slow() async throws {
        let server = try RedisServer()
        var options = RedisOptions.brisk
        options.timeout = .seconds(30)
        let link = try LinkProbe(RedisURL(server.url), options: options)
        await link.up()
        server.pause()
        async let answer = link.send("PING")
        #expect(await link.state { $0 == .slow } == .slow)
        server.resume()
        #expect(await answer == .success(.status("PONG")))
        await link.up()
    }

    @Test("without a closed connection is noticed by the missing answer")
    func silent() async throws {
        let server = try RedisServer()
        let link = try LinkProbe(RedisURL(server.url))
        await link.up()
        server.pause()
        #expect(await link.send("PING") == .failure(.lost(reason: "no answer within 0.4 seconds")))
        #expect(await link.down() == "no answer within 0.4 seconds")
        server.resume()
        await link.up()
    }

    @Test("ends at once for a link that is closed")
    func closing() async throws {
        let server = try RedisServer()
        let link = try LinkProbe(RedisURL(server.url), options: .calm)
        await link.up()
        server.pause()
        let outcomes = await link.useCollecting { link, done in
            link.send("PING", completion: done)
            link.close()
        }
        #expect(outcomes == [.failure(.lost(reason: "closed"))])
        #expect(await link.send("PING") == .failure(.closed))
        server.resume()
    }
}
