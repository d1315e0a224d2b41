// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing
import WebServer

@Suite("Static sites")
struct StaticSiteTests {
    private static func bytes(_ text: String) -> StaticBytes {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        unsafe bytes.copyBytes(from: text.utf8)
        return unsafe StaticBytes(UnsafeRawBufferPointer(bytes))
    }

    private static let site = StaticSite(files: [
        "/": .init(etag: #""page""#, identity: bytes("0123456789")),
        "/assets/app-1a2b.js": .init(
            etag: #""app""#, identity: bytes("plain"), gzip: bytes("gzipped"), brotli: bytes("brotli")),
    ])

    private func get(
        _ path: String, _ headers: HTTPHeaders = HTTPHeaders(), method: HTTPMethod = .get
    ) throws -> HTTPResponse {
        try #require(Self.site.respond(to: HTTPRequestHead(method, path, headers: headers), path: path))
    }

    private func text(_ response: HTTPResponse) -> String {
        guard case .fixed(let bytes) = response.body else { return "" }
        return String(decoding: bytes.array, as: UTF8.self)
    }

    @Test("knows its files and no others")
    func files() throws {
        #expect(Self.site.isFile("/"))
        #expect(!Self.site.isFile("/assets/"))
        #expect(Self.site.respond(to: HTTPRequestHead(.get, "/x"), path: "/x") == nil)
    }

    @Test("pages are asked about every time, hashed files never again")
    func caching() throws {
        let page = try get("/")
        #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(page.headers["Cache-Control"] == "no-cache")
        let asset = try get("/assets/app-1a2b.js")
        #expect(asset.headers["Content-Type"]?.hasPrefix("text/javascript") == true)
        #expect(asset.headers["Cache-Control"] == "public, max-age=31536000, immutable")
    }

    @Test(
        "sends the encoding the client likes best, each with a tag of its own",
        arguments: [
            (nil, "plain", nil, #""app""#), ("gzip", "gzipped", "gzip", #""app-gzip""#),
            ("gzip, deflate, br", "brotli", "br", #""app-br""#),
            ("br;q=0.5, gzip;q=0.9", "gzipped", "gzip", #""app-gzip""#),
            ("br;q=0, gzip;q=0", "plain", nil, #""app""#), ("zstd", "plain", nil, #""app""#),
        ] as [(String?, String, String?, String)])
    func encodings(_ accepted: String?, _ body: String, _ encoding: String?, _ etag: String) throws {
        let answer = try get("/assets/app-1a2b.js", accepted.map { ["Accept-Encoding": $0] } ?? HTTPHeaders())
        #expect(text(answer) == body)
        #expect(answer.headers["Content-Encoding"] == encoding)
        #expect(answer.headers["ETag"] == etag)
        #expect(answer.headers["Vary"] == "Accept-Encoding")
    }

    @Test(
        "answers 304 when the client holds what it would get",
        arguments: [
            (#""page""#, 304), (#"W/"page""#, 304), (#""a", "page""#, 304), ("*", 304), (#""other""#, 200),
        ])
    func conditions(_ header: String, _ status: Int) throws {
        let answer = try get("/", ["If-None-Match": header])
        #expect(answer.status.code == status)
        #expect(text(answer).isEmpty == (status == 304))
    }

    @Test("what is held in another encoding does not count")
    func otherEncoding() throws {
        let held: HTTPHeaders = ["If-None-Match": #""app-br""#, "Accept-Encoding": "gzip"]
        #expect(try get("/assets/app-1a2b.js", held).status == .ok)
        let same: HTTPHeaders = ["If-None-Match": #""app-br""#, "Accept-Encoding": "br"]
        #expect(try get("/assets/app-1a2b.js", same).status == .notModified)
    }

    @Test(
        "sends parts of the plain bytes",
        arguments: [
            ("bytes=2-4", 206, "234", "bytes 2-4/10"), ("bytes=8-", 206, "89", "bytes 8-9/10"),
            ("bytes=-3", 206, "789", "bytes 7-9/10"), ("bytes=5-99", 206, "56789", "bytes 5-9/10"),
            ("bytes=10-", 416, "", "bytes */10"), ("bytes=0-1,3-4", 200, "0123456789", nil),
            ("lines=1-2", 200, "0123456789", nil),
        ] as [(String, Int, String, String?)])
    func ranges(_ range: String, _ status: Int, _ body: String, _ part: String?) throws {
        let answer = try get("/", ["Range": range])
        #expect(answer.status.code == status)
        #expect(text(answer) == body)
        #expect(answer.headers["Content-Range"] == part)
    }

    @Test("a part is never of compressed bytes, and only of what the client holds already")
    func partsOfWhat() throws {
        let part: HTTPHeaders = ["Range": "bytes=0-1", "Accept-Encoding": "br", "If-Range": #""app""#]
        let answer = try get("/assets/app-1a2b.js", part)
        #expect(answer.status == .partialContent)
        #expect(text(answer) == "pl")
        #expect(answer.headers["Content-Encoding"] == nil)
        for held in [#""old""#, #"W/"app""#, #""app-br""#, "Sat, 21 Nov 2026 00:00:00 GMT"] {
            let answer = try get("/assets/app-1a2b.js", ["Range": "bytes=0-1", "If-Range": held])
            #expect(answer.status == .ok)
            #expect(text(answer) == "plain")
        }
    }

    @Test("HEAD has no range")
    func head() throws {
        #expect(try get("/", ["Range": "bytes=0-1"], method: .head).status == .ok)
    }

    private static let translatedSite = StaticSite(files: [
        "/": .init(etag: #""en""#, identity: bytes("Hello")),
        "/test": .init(etag: #""test""#, identity: bytes("Test")),
        "/de/": .init(etag: #""de""#, identity: bytes("Hallo")),
        "/pt-BR/": .init(etag: #""pt""#, identity: bytes("Olá")),
        "/favicon.svg": .init(etag: #""icon""#, identity: bytes("<svg/>")),
    ])

    @Test(
        "sends a page in the language of the address, else the chosen one, else the browser's",
        arguments: [
            ("/", nil, nil, "en"), ("/", nil, "de-CH, en;q=0.5", "de"),
            ("/", nil, "fr, pt;q=0.8, de;q=0.2", "pt-BR"),
            ("/", "a=b; parley-language=de", "pt", "de"), ("/", "parley-language=xx", "pt", "pt-BR"),
            ("/?lang=de", "parley-language=pt-BR", "en", "de"), ("/?lang=..%2F", nil, "de", "de"),
        ] as [(String, String?, String?, String)])
    func languages(_ target: String, _ cookie: String?, _ accepted: String?, _ language: String) throws {
        var headers = HTTPHeaders()
        if let cookie { headers.set("Cookie", cookie) }
        if let accepted { headers.set("Accept-Language", accepted) }
        let head = HTTPRequestHead(.get, target, headers: headers)
        let answer = try #require(Self.translatedSite.respond(to: head, path: head.path))
        #expect(answer.headers["Content-Language"] == language)
        #expect(text(answer) == ["en": "Hello", "de": "Hallo", "pt-BR": "Olá"][language])
        #expect(answer.headers["Vary"] == "Accept-Encoding, Accept-Language, Cookie")
        let isKept = answer.headers["Set-Cookie"]?.hasPrefix("parley-language=\(language); Path=/;") ?? false
        #expect(isKept == (target == "/?lang=de"))
    }

    @Test("translations have no address of their own, and other files no language")
    func translationsAreHidden() throws {
        #expect(!Self.translatedSite.isFile("/de/"))
        let icon = try #require(
            Self.translatedSite.respond(to: HTTPRequestHead(.get, "/favicon.svg"), path: "/favicon.svg"))
        #expect(icon.headers["Content-Language"] == nil)
        #expect(icon.headers["Vary"] == "Accept-Encoding")
    }
}
