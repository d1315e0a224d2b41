// SPDX-License-Identifier: Apache-2.0
import JSON
import Synchronization
import Telemetry
import Testing

@Suite("Logs")
struct LogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func lines(_ level: Log.Level, _ format: Log.Format, _ body: (Log) -> Void) -> [String] {
        let lines = Lines()
        body(Log(level: level, format: format) { line in lines.all.withLock { $0.append(line) } })
        return lines.all.withLock { $0 }
    }

    @Test("leaves out what is below the level")
    func levels() {
        let lines = lines(.warning, .text) { log in
            log.debug("a")
            log.info("b")
            log.warning("c")
            log.error("d")
        }
        #expect(
            lines.map { $0.split(separator: " ").dropFirst().joined(separator: " ") } == [
                "warning c", "error d",
            ])
    }

    @Test("writes one JSON object a line, whatever the fields hold")
    func json() throws {
        let lines = lines(.info, .json) {
            $0.info("listening", [("on", .text("a \"b\"\nc")), ("port", 8443)])
        }
        let line = try #require(lines.first)
        let object = try #require(try JSONValue(parsing: line).object)
        #expect(object["level"] == "info")
        #expect(object["event"] == "listening")
        #expect(object["on"] == "a \"b\"\nc")
        #expect(object["port"] == 8443)
        #expect(object["time"]?.string?.count == 24)
    }

    @Test("a text line stays one line")
    func oneLine() {
        let lines = lines(.info, .text) { $0.info("failed", [("why", .text("x\ny z"))]) }
        #expect(lines.first?.hasSuffix(#"info failed why="x\ny z""#) == true)
    }

    @Test("writes people as short hashes that only match each other")
    func personal() {
        let lines = lines(.info, .text) { log in
            log.info("joined", [("from", .personal("192.0.2.7"))])
            log.info("left", [("from", .personal("192.0.2.7"))])
            log.info("left", [("from", .personal("192.0.2.8"))])
        }
        let hashes = lines.compactMap { $0.split(separator: "=").last }
        #expect(!lines.joined().contains("192.0.2"))
        #expect(hashes[0] == hashes[1])
        #expect(hashes[0] != hashes[2])
    }
}

@Suite("Metrics pages")
struct MetricsPageTests {
    @Test("is Prometheus text")
    func text() {
        var page = MetricsPage()
        page.counter("parley_requests_total", "HTTP requests.", 3)
        page.gauge("parley_rooms", "Open rooms.", [([("kind", "a\"b")], 2)])
        #expect(
            page.text == """
                # HELP parley_requests_total HTTP requests.
                # TYPE parley_requests_total counter
                parley_requests_total 3
                # HELP parley_rooms Open rooms.
                # TYPE parley_rooms gauge
                parley_rooms{kind="a\\"b"} 2

                """)
    }
}
