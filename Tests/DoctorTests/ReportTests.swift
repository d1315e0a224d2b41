import Foundation
import JSON
import ServerConfig
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Doctor

@Suite("Reports")
struct ReportTests {
    private let clock = Finding(
        check: .clock, level: .warning, what: "a \"slow\" clock", why: "It is late.", fix: "Wind it.")
    private let disk = Finding(check: .disk, level: .failure, what: "full", why: "No room.", fix: "Tidy up.")
    private let port = Finding(check: .port, level: .ok, what: "free", why: "", fix: "")

    @Test("the worst finding gives the exit status")
    func exitStatus() {
        #expect(Report(findings: []).exitStatus == 0)
        #expect(Report(findings: [port]).exitStatus == 0)
        #expect(Report(findings: [port, clock]).exitStatus == 1)
        #expect(Report(findings: [disk, clock]).exitStatus == 2)
    }

    @Test("text is aligned, with why and fix below what needs doing")
    func text() {
        #expect(
            Report(findings: [port, clock, disk]).text == """
                ok       port            free
                warning  clock           a "slow" clock
                                         why: It is late.
                                         fix: Wind it.
                failure  disk            full
                                         why: No room.
                                         fix: Tidy up.

                1 failure, 1 warning.

                """)
        #expect(Report(findings: [port]).text.hasSuffix("\n\nAll is well.\n"))
        #expect(Report(findings: [disk, disk]).text.hasSuffix("\n\n2 failures.\n"))
    }

    @Test("JSON is one object on one line")
    func json() throws {
        let json = Report(findings: [port, clock]).json
        #expect(json.hasSuffix("}\n"))
        #expect(json.filter { $0 == "\n" }.count == 1)
        let value = try JSONValue(parsing: String(json.dropLast()))
        #expect(value["status"] == "warning")
        #expect(
            value["findings"]?.array?.last == [
                "check": "clock", "level": "warning", "what": "a \"slow\" clock", "why": "It is late.",
                "fix": "Wind it.",
            ])
    }

    @Test("a configuration with problems is reported instead of a machine")
    func configuration() {
        let report = Examination.run(
            ConfigLayers(arguments: [
                .init(key: "loops", value: "x", written: "--set"),
                .init(key: "tls.mode", value: "of", written: "--tls"),
            ]))
        #expect(report.findings.map(\.check) == [.configuration, .configuration])
        #expect(report.exitStatus == 2)
    }

    @Test("docs/doctor.md explains every check")
    func document() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/doctor.md"), encoding: .utf8)
        #expect(Finding.Check.allCases.allSatisfy { text.contains("| `\($0.rawValue)` |") })
    }
}
