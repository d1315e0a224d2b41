// SPDX-License-Identifier: Apache-2.0
import JSON
import Telemetry
import Testing

@testable import ParleyServer

@Suite("Load series") struct LoadSeriesTests {
    /// A reading `seconds` after the start: that many bytes and half of that in seconds of processors.
    private func reading(_ seconds: Int, people: Int = 0) -> LoadReading {
        var reading = LoadReading()
        reading.counts.at = Int64(seconds) * 1000
        reading.counts.people = people
        reading.processorTime = Double(seconds) / 2
        reading.received = UInt64(seconds) * 100
        reading.sent = UInt64(seconds) * 200
        return reading
    }

    @Test("rates are of the time between two readings, and of all processors")
    func rates() {
        var series = LoadSeries(processors: 2)
        series.take(reading(0))
        #expect(series.fine.isEmpty)
        series.take(reading(10, people: 3))
        #expect(
            series.fine == [LoadSample(at: 10_000, people: 3, processor: 0.25, received: 100, sent: 200)])
    }

    @Test("a clock that is set back makes no sample, and no total that shrinks a rate")
    func disorder() {
        var series = LoadSeries(processors: 1)
        series.take(reading(10))
        series.take(reading(5))
        #expect(series.fine.isEmpty)
        var smaller = reading(6)
        smaller.received = 0
        series.take(smaller)
        #expect(series.fine.map(\.received) == [0])
    }

    @Test("what is kept is bounded, and a day is told in larger steps")
    func bounds() {
        var series = LoadSeries(processors: 1)
        let readings = LoadSeries.fineCount + 2 * LoadSeries.stepsPerCoarse
        for index in 0...readings { series.take(reading(index * 5, people: index)) }
        #expect(series.fine.count == LoadSeries.fineCount)
        #expect(series.fine.last?.people == readings)
        #expect(series.coarse.count == readings / LoadSeries.stepsPerCoarse)
        // The most that were there within two minutes.
        #expect(series.coarse.first?.people == LoadSeries.stepsPerCoarse)
        #expect(series.coarse.first?.sent == 200)
    }

    @Test("only what is new is given")
    func later() {
        var series = LoadSeries(processors: 1)
        for index in 0...3 { series.take(reading(index)) }
        #expect(series.samples(after: 1000, ofDay: false).map(\.at) == [2000, 3000])
        #expect(series.samples(after: 3000, ofDay: false).isEmpty)
        #expect(series.samples(after: 0, ofDay: true).isEmpty)
    }
}

@Suite("Recent trouble") struct RecentTroubleTests {
    @Test("what comes again is counted, what is harmless is not kept, and there is a limit")
    func keeping() {
        let trouble = RecentTrouble()
        let log = Log(level: .error, format: .text) { _ in }.noting { trouble.note($0) }
        log.info("listening")
        log.warning("one", [("why", "disk full")])
        log.error("two")
        log.warning("one", [("why", "disk full")])
        #expect(trouble.latest.map(\.line.event) == ["one", "two"])
        #expect(trouble.latest.map(\.count) == [2, 1])
        #expect(trouble.latest.first?.line.details == #"why="disk full""#)
        for index in 0..<200 { log.error("error \(index)") }
        #expect(trouble.latest.count == RecentTrouble.capacity)
        #expect(trouble.latest.first?.line.event == "error 199")
    }

    @Test("nobody's name is in it")
    func privacy() {
        let trouble = RecentTrouble()
        let log = Log(level: .error, format: .text) { _ in }.noting { trouble.note($0) }
        log.warning("refused", [("who", .personal("ana@example.org"))])
        #expect(trouble.latest.first?.line.details.contains("ana") == false)
    }
}

extension ServerJourneys {
    @Suite("Administration") struct Administration {
        @Test("rooms with their people are for administrators")
        func rooms() throws {
            let server = try TestServer()
            defer { server.stop() }
            #expect(try server.get("/api/v1/server/rooms").error == "not-signed-in")
            let host = try server.claimHost()
            #expect(try server.get("/api/v1/server/rooms", headers: [host]).json["rooms"]?.array == [])
            let code = try server.createMeeting(retention: "month")
            let ana = try Visitor.connected(server)
            _ = try ana.join(code)
            let room = try server.get("/api/v1/server/rooms", headers: [host]).json["rooms"]?[0]
            #expect(room?["meeting"]?.string == code)
            #expect(room?["retention"]?.string == "month")
            #expect(room?["people"]?.array?.count == 1)
            #expect(room?["people"]?[0]?["connected"]?.bool == true)
        }

        @Test("a series that makes no sense is refused")
        func load() throws {
            let server = try TestServer()
            defer { server.stop() }
            let host = try server.claimHost()
            for query in ["span=year", "after=-1", "after=x", "after=99999999999999999999"] {
                #expect(try server.get("/api/v1/server/load?\(query)", headers: [host]).status == 400)
            }
            let answer = try server.get("/api/v1/server/load?span=day", headers: [host]).json
            #expect(answer["at"]?.array == [])
            #expect(answer["version"]?.string == ParleyServer.version)
        }

        @Test("the doctor examines a server that runs")
        func findings() throws {
            let server = try TestServer()
            defer { server.stop() }
            let host = try server.claimHost()
            let answer = try server.get("/api/v1/server/findings", headers: [host]).json
            let checks = answer["findings"]?.array?.compactMap { $0["check"]?.string } ?? []
            #expect(checks.contains("configuration") && checks.contains("database"))
            // Fresh enough, so it is the same report.
            let again = try server.get("/api/v1/server/findings", headers: [host]).json
            #expect(again["at"] == answer["at"])
        }

        @Test("what is kept is told, and swept on demand")
        func storage() throws {
            let server = try TestServer()
            defer { server.stop() }
            let host = try server.claimHost()
            _ = try server.createMeeting()
            let kept = try server.get("/api/v1/server/storage", headers: [host]).json
            #expect(kept["meetings"]?.integer == 1)
            #expect(kept["messages"]?.integer == 0)
            #expect((kept["bytes"]?.integer ?? 0) > 4096)
            let foreign = try server.request("POST", "/api/v1/server/sweep", headers: [host])
            #expect(foreign.status == 403)
            let swept = try server.request("POST", "/api/v1/server/sweep", headers: [host] + server.ownPage)
            #expect(swept.json["meetings"]?.integer == 0)
        }
    }
}
