// SPDX-License-Identifier: Apache-2.0
import ServerConfig
import Testing

/// The layers of a made-up start: a file's text, variables and `--set` arguments.
private func layers(
    file: String? = nil, environment: [String: String] = [:], _ arguments: String...
) -> ConfigLayers {
    ConfigLayers(
        file: file == nil ? nil : "parley.conf", environment: environment,
        arguments: arguments.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return .init(key: String(parts[0]), value: String(parts[1]), written: "--set")
        },
        read: { _ in file.map { .text(Array($0.utf8)) } ?? .missing })
}

/// Every problem of a start, one line each.
private func problems(_ layers: ConfigLayers) -> [String] {
    do throws(ServerConfigError) {
        _ = try ServerConfig.load(layers)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Suite("Configuration layers")
struct ConfigLayersTests {
    @Test("nothing given means the defaults")
    func defaults() throws {
        let loaded = try ServerConfig.load(layers())
        #expect(loaded.config == ServerConfig())
        #expect(Setting.all.allSatisfy { loaded.source(of: $0.key) == .defaults })
    }

    @Test("file, environment and arguments each win over the one before")
    func precedence() throws {
        let file = "# three at once\nrooms.capacity = 3\r\n\n  chat.retention=month\nloops = 3\n"
        let loaded = try ServerConfig.load(
            layers(
                file: file, environment: ["PARLEY_ROOMS_CAPACITY": "4", "PARLEY_LOOPS": "4", "HOME": "/"],
                "loops=5"))
        #expect(loaded.config.chat.retention == .month)
        #expect(loaded.source(of: "chat.retention") == .file("parley.conf", line: 4))
        #expect(loaded.config.rooms.capacity == 4)
        #expect(loaded.source(of: "rooms.capacity") == .environment("PARLEY_ROOMS_CAPACITY"))
        #expect(loaded.config.loops == 5)
        #expect(loaded.source(of: "loops") == .argument("--set"))
    }

    @Test("the later of two equal arguments wins")
    func lastArgumentWins() throws {
        #expect(try ServerConfig.load(layers("loops=1", "loops=2")).config.loops == 2)
    }

    @Test("the file of the data folder is read when it is there", arguments: ["/srv/p", "/srv/p/"])
    func fileInDataFolder(_ folder: String) throws {
        let read: @Sendable (String) -> ConfigLayers.File = {
            $0 == "/srv/p/parley.conf" ? .text(Array("loops = 2".utf8)) : .missing
        }
        let variable = ConfigLayers(environment: ["PARLEY_DATA_FOLDER": folder], read: read)
        #expect(try ServerConfig.load(variable).config.loops == 2)
        let argument = ConfigLayers(
            arguments: [.init(key: "data.folder", value: folder, written: "--data")], read: read)
        #expect(try ServerConfig.load(argument).config.loops == 2)
    }

    @Test("a certificate, a key or a proxy chooses the TLS mode unless somebody did")
    func inference() throws {
        let files = try ServerConfig.load(layers("tls.certificate=c.pem", "tls.key=k.pem"))
        #expect(files.config.tls.mode == .files)
        #expect(files.source(of: "tls.mode") == .implied(by: "tls.certificate"))
        let proxy = try ServerConfig.load(layers("http.trusted-proxies=10.0.0.1"))
        #expect(proxy.config.tls.mode == .off)
        #expect(proxy.source(of: "tls.mode") == .implied(by: "http.trusted-proxies"))
        let chosen = try ServerConfig.load(layers("http.trusted-proxies=10.0.0.1", "tls.mode=local"))
        #expect(chosen.config.tls.mode == .local)
    }
}

@Suite("Configuration problems")
struct ConfigProblemsTests {
    @Test("all are told at once, each with its place and key")
    func allAtOnce() {
        let file = """
            http.listne = 0.0.0.0:1
            loops = many
            loops = 2
            what is this
            """
        let found = problems(
            layers(file: file, environment: ["PARLEY_LOG_LEVLE": "info"], "rooms.capacity=501"))
        #expect(
            found == [
                "parley.conf:1: http.listne: no such setting; did you mean \"http.listen\"?",
                "parley.conf:2: loops: \"many\" is not a whole number, from 0 to 256",
                "parley.conf:3: loops: already set in line 2",
                "parley.conf:4: expected a line such as: http.listen = 0.0.0.0:8443",
                "PARLEY_LOG_LEVLE: no such setting; did you mean \"PARLEY_LOG_LEVEL\"?",
                "--set: rooms.capacity: \"501\" is not a whole number, from 2 to 500",
            ])
    }

    @Test("what is missing is told beside what is wrong elsewhere")
    func conflictsBesideMistakes() {
        #expect(
            problems(layers("tls.certificate=a.pem", "loops=many")) == [
                "--set: loops: \"many\" is not a whole number, from 0 to 256",
                "tls.key: missing; the certificate is of no use without its key",
            ])
    }

    @Test("files that settings name must be usable, each told with its key")
    func unusableFiles() {
        var start = layers("tls.certificate=a.pem", "tls.key=b.pem", "metrics.token-file=c")
        start.whyUnusable = { $0 == "c" ? nil : "no such file or directory" }
        #expect(
            problems(start) == [
                "--set: tls.certificate: a.pem: no such file or directory",
                "--set: tls.key: b.pem: no such file or directory",
            ])
    }

    @Test("a name that is near no other gets no suggestion")
    func noSuggestion() {
        #expect(problems(layers("colour=red")) == ["--set: colour: no such setting"])
    }

    @Test("a named file must be there; the data folder's file need not")
    func missingFile() {
        #expect(problems(ConfigLayers(file: "/etc/p.conf")) == ["/etc/p.conf: there is no such file"])
        #expect(problems(ConfigLayers()) == [])
    }

    @Test("a file that cannot be read or is not text is a problem")
    func unreadableFile() {
        let denied = ConfigLayers(read: { _ in .unreadable("permission denied") })
        #expect(problems(denied) == ["./data/parley.conf: permission denied"])
        let binary = ConfigLayers(read: { _ in .text([0xFF]) })
        #expect(problems(binary) == ["./data/parley.conf: this file is not UTF-8 text"])
    }

    @Test("the data folder's own file cannot move the data folder")
    func circularDataFolder() {
        let found = problems(ConfigLayers(read: { _ in .text(Array("data.folder = /elsewhere".utf8)) }))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("./data/parley.conf:1: data.folder: a file inside") == true)
    }

    @Test("a long or unprintable value is shown short and printable")
    func quoting() {
        let long = String(repeating: "x", count: 500)
        #expect(problems(layers("loops=\(long)")).first?.count ?? 0 < 160)
        #expect(problems(layers("loops=\u{1B}[2J")).first?.contains("\u{1B}") == false)
    }

    @Test(
        "values that are wrong together are told with the setting that must change",
        arguments: [
            (["tls.mode=off"], ["--set: tls.mode: browsers give no camera"]),
            (["tls.mode=files"], ["tls.certificate: missing", "tls.key: missing"]),
            (["tls.certificate=c"], ["tls.key: missing"]),
            (["tls.key=k"], ["tls.certificate: missing"]),
            (
                ["tls.mode=local", "tls.certificate=c", "tls.key=k"],
                ["--set: tls.certificate: set, but tls.mode is local (--set)", "--set: tls.key: set, but"]
            ),
            (
                ["http.strict-transport-security=true"],
                ["--set: http.strict-transport-security: with Parley's own authority"]
            ),
            (
                ["http.trusted-proxies=10.0.0.1, 0.0.0.0/0"],
                ["--set: http.trusted-proxies: 0.0.0.0/0 trusts every address there is"]
            ),
            (["dialects=bunch:8443"], ["--set: dialects: 8443 is the port of http.listen"]),
            (
                ["dialects=noom-chat=one, noom-video=two"],
                ["--set: dialects: port 3000 has 2 folders of pages: one, two"]
            ),
        ])
    func conflicts(_ settings: [String], _ expected: [String]) {
        var start = layers()
        start.arguments = settings.map { text in
            let parts = text.split(separator: "=", maxSplits: 1)
            return .init(key: String(parts[0]), value: String(parts[1]), written: "--set")
        }
        let found = problems(start)
        #expect(found.count == expected.count)
        #expect(zip(found, expected).allSatisfy { $0.hasPrefix($1) }, "\(found)")
    }

    @Test(
        "TLS may be off on loopback",
        arguments: ["127.0.0.1:0", "localhost:8080", "[::1]:8443", "127.9.9.9:1", "[::ffff:127.0.0.1]:1"])
    func offOnLoopback(_ listen: String) {
        #expect(problems(layers("tls.mode=off", "http.listen=\(listen)")) == [])
    }

    @Test("TLS may be off behind a proxy")
    func offBehindProxy() {
        #expect(problems(layers("tls.mode=off", "http.trusted-proxies=172.17.0.0/16")) == [])
    }
}
