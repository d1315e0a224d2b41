// SPDX-License-Identifier: Apache-2.0
import Redis
import Testing

@Suite("Redis URLs")
struct RedisURLTests {
    @Test("name a host, a port, a database and credentials, most of them by default")
    func tcp() throws {
        #expect(try RedisURL("redis://cache") == RedisURL(.tcp(host: "cache", port: 6379)))
        #expect(
            try RedisURL("redis://10.0.0.1:7000/3")
                == RedisURL(.tcp(host: "10.0.0.1", port: 7000), database: 3))
        #expect(try RedisURL("redis://[::1]") == RedisURL(.tcp(host: "::1", port: 6379)))
        #expect(try RedisURL("redis://[::1]:1/") == RedisURL(.tcp(host: "::1", port: 1)))
        #expect(
            try RedisURL("redis://ana:p%40ss%2Fword@host/1")
                == RedisURL(.tcp(host: "host", port: 6379), user: "ana", password: "p@ss/word", database: 1))
        #expect(
            try RedisURL("redis://:secret@host")
                == RedisURL(.tcp(host: "host", port: 6379), password: "secret"))
    }

    @Test("name a socket of the file system")
    func unix() throws {
        #expect(try RedisURL("unix:///run/redis.sock") == RedisURL(.unix(path: "/run/redis.sock")))
        #expect(
            try RedisURL("unix://:secret@/run/redis.sock?db=2")
                == RedisURL(.unix(path: "/run/redis.sock"), password: "secret", database: 2))
    }

    @Test(
        "are refused with the part that is wrong",
        arguments: [
            ("http://host", RedisURLError.scheme), ("rediss://host", .scheme), ("", .scheme),
            ("redis://", .host), ("redis://a b", .host), ("redis://::1", .host), ("redis://h?x=1", .host),
            ("redis://host:0", .port), ("redis://host:65536", .port), ("redis://host:", .port),
            ("redis://host/x", .database), ("redis://host/-1", .database), ("redis://host/1/2", .database),
            ("redis://user@host", .credentials), ("redis://u:%zz@host", .credentials),
            ("redis://u:%4@host", .credentials), ("unix://relative", .path),
            ("unix:///" + String(repeating: "x", count: 108), .path), ("unix:///s?database=1", .database),
        ])
    func refusals(_ text: String, _ error: RedisURLError) {
        #expect(throws: error) { try RedisURL(text) }
    }

    @Test("never show user or password")
    func descriptions() throws {
        for text in ["redis://ana:tr0ub4dor@host/1", "unix://ana:tr0ub4dor@/run/redis.sock"] {
            let url = try RedisURL(text)
            var dumped = ""
            dump(url, to: &dumped)
            for shown in [
                url.description, String(reflecting: url), "\(Optional(url) as Any)", "\([url])", dumped,
            ] {
                #expect(!shown.contains("tr0ub4dor") && !shown.contains("ana"))
            }
        }
        #expect(try RedisURL("redis://ana:x@host/1").description == "redis://host:6379/1")
        #expect(try RedisURL("redis://[::1]").description == "redis://[::1]:6379/0")
    }
}
