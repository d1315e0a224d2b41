// SPDX-License-Identifier: Apache-2.0
import CivilTime
import Glibc
import Testing
import ZoneFiles

@Suite("Zone files")
struct ZoneFilesTests {
    private let zones = ZoneFiles()

    @Test("a zone of the system is known, and a name that is none is not")
    func names() {
        #expect(zones.rules(of: "UTC") == .utc)
        // 2026-07-15.
        #expect(zones.rules(of: "Europe/Lisbon")?.offset(at: 1_784_073_600) == 3600)
        #expect(zones.rules(of: "America/Argentina/Buenos_Aires")?.offset(at: 1_784_073_600) == -10_800)
        for name in [
            "", "Europe", "Europe/", "Europe/Nowhere", "../zoneinfo/Europe/Lisbon", "/etc/passwd",
            "Europe/../UTC",
            "posix/UTC", "zone.tab", "Europe/Lisbon\0", "Europe//Lisbon",
        ] {
            #expect(zones.rules(of: name) == nil, "\(name)")
        }
    }

    @Test(
        "the system's own tool finds the same changes",
        arguments: [
            "Europe/Paris", "America/New_York", "Asia/Kolkata", "Africa/Casablanca", "Australia/Lord_Howe",
            "America/Nuuk", "Pacific/Chatham", "Asia/Gaza", "Europe/Dublin", "Antarctica/Troll",
            "America/Santiago",
        ])
    func agrees(_ name: String) throws {
        let rules = try #require(zones.rules(of: name))
        let lines = try Self.output(of: "/usr/bin/zdump -v -c 1950,2060 \(name)")
        #expect(!lines.isEmpty)
        for line in lines {
            // Name, weekday, month, day, time, year, UT, =, …, gmtoff=3600
            let words = line.split(separator: " ")
            guard words.count > 8, let offset = words.last?.split(separator: "=").last.flatMap({ Int64($0) }),
                let time = Self.time(words)
            else { continue }
            #expect(rules.offset(at: time) == offset, "\(line)")
        }
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func time(_ words: [Substring]) -> Int64? {
        let clock = words[4].split(separator: ":").compactMap { Int64($0) }
        guard let month = months.firstIndex(of: String(words[2])), let day = Int(words[3]),
            let year = Int(words[5]), let date = CivilDate(year: year, month: month + 1, day: day),
            clock.count == 3
        else { return nil }
        return Int64(date.daysSince1970) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    private struct NoTool: Error {}

    private static func output(of command: String) throws -> [String] {
        guard let stream = unsafe popen(command, "r") else { throw NoTool() }
        defer { unsafe pclose(stream) }
        var text: [UInt8] = []
        var byte = unsafe fgetc(stream)
        while byte >= 0 {
            text.append(UInt8(byte))
            byte = unsafe fgetc(stream)
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
