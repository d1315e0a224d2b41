// SPDX-License-Identifier: Apache-2.0
internal import Doctor
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MediaServer
internal import MeetingProtocol
internal import ServerConfig
internal import SocketIO
internal import Storage
internal import Telemetry
internal import WebServer

/// What the administrators' page shows: how much goes on and went on, who is where, what went wrong.
enum AdminRoutes {
    private enum Span: String, CaseIterable { case hour, day }

    static let all: [APIRoute] = [
        APIRoute(
            .get, "/server/load", "Tell how much went on in the last hour or day, one list for each figure",
            .admin,
            query: [
                ("span", "`hour`, a sample every five seconds, or `day`, one every two minutes"),
                ("after", "only samples after this time, in milliseconds since 1970"),
            ],
            success: .json("ServerLoad"), load),
        APIRoute(
            .get, "/server/rooms", "List the meetings with somebody in them, and who that is", .admin,
            success: .json("OpenRooms"), rooms),
        APIRoute(
            .get, "/server/trouble", "Tell what went wrong since the server was started", .admin,
            success: .json("ServerTrouble"), trouble),
        APIRoute(
            .get, "/server/findings", "Tell what the doctor finds on the server's machine", .admin,
            query: [("again", "`true` to look now, even if that was done within the last minute")],
            success: .json("ServerFindings"), findings),
        APIRoute(
            .get, "/server/storage", "Tell how much is kept, and for how long", .admin,
            success: .json("ServerStorage"), storage),
        APIRoute(
            .post, "/server/sweep", "Delete now what need not be kept any longer", .admin,
            success: .json("Swept"), sweep),
    ]

    // MARK: How much

    private static func load(_ call: APICall) throws(APIProblem) {
        let span: Span
        switch call.head.query["span"] {
        case nil: span = .hour
        case let text?:
            guard let known = Span(rawValue: text) else { throw .invalid("span is hour or day.") }
            span = known
        }
        var after: Int64 = 0
        if let text = call.head.query["after"] {
            guard let time = Int64(text), time >= 0 else {
                throw .invalid("after is a time in milliseconds since 1970.")
            }
            after = time
        }
        let samples = call.services.history.samples(after: after, ofDay: span == .day)
        func list(_ value: (LoadSample) -> Int) -> JSONValue {
            .array(samples.map { .number(JSONNumber(Int64(value($0)))) })
        }
        func rounded(_ value: Double) -> Int { Int(value.rounded()) }
        call.send([
            "now": .number(JSONNumber(call.now)), "startedAt": .number(JSONNumber(call.services.startedAt)),
            "version": .string(call.services.version),
            "processors": .number(JSONNumber(Int64(EventLoop.processors))),
            "at": .array(samples.map { .number(JSONNumber($0.at)) }),
            "rooms": list(\.rooms), "people": list(\.people), "sessions": list(\.sessions),
            "connections": list(\.connections), "relayed": list(\.relayed),
            // A tenth of a percent is as fine as anybody sees it.
            "processor": .array(
                samples.map { .number(JSONNumber(($0.processor * 1000).rounded() / 10)) }),
            "memory": list(\.memory), "received": list { rounded($0.received) },
            "sent": list { rounded($0.sent) },
        ])
    }

    private static func rooms(_ call: APICall) {
        let done = call.later { (call: APICall, reports: [[RoomReport]]) in
            // The fullest first, and otherwise the one that began first.
            let sorted = reports.joined().sorted {
                ($1.people.count, $0.openedAt, $0.code.text) < ($0.people.count, $1.openedAt, $1.code.text)
            }
            call.send(["rooms": .array(sorted.map(\.json))])
        }
        Gathering.collect(from: call.shard.shards, of: \.rooms.reports, done)
    }

    // MARK: What went wrong

    private static func trouble(_ call: APICall) {
        let lines = call.services.trouble.latest.map { entry -> JSONValue in
            [
                "at": .number(JSONNumber(entry.last)), "level": .string(entry.line.level.name),
                "event": .string(entry.line.event), "details": .string(entry.line.details),
                "count": .number(JSONNumber(Int64(entry.count))),
            ]
        }
        let done = call.later { (call: APICall, shards: [TroubleCounts]) in
            let sum = TroubleCounts.sum(shards)
            call.send([
                "lines": .array(lines),
                "counts": .array(
                    sum.map { ["what": .string($0.key), "count": .number(JSONNumber($0.value))] }),
            ])
        }
        Gathering.collect(from: call.shard.shards, of: TroubleCounts.init, done)
    }

    private static func findings(_ call: APICall) {
        call.services.checkup.report(
            again: call.head.query["again"] == "true", now: call.now,
            call.later { (call: APICall, result: Checkup.Result) in
                let findings = result.report.findings.map { finding -> JSONValue in
                    [
                        "check": .string(finding.check.rawValue), "level": .string(finding.level.rawValue),
                        "what": .string(finding.what), "why": .string(finding.why),
                        "fix": .string(finding.fix),
                    ]
                }
                call.send([
                    "status": .string(result.report.level.rawValue), "at": .number(JSONNumber(result.at)),
                    "findings": .array(findings),
                ])
            })
    }

    // MARK: What is kept

    private static func storage(_ call: APICall) {
        call.services.store.figures(
            call.then { call, figures in
                func number(_ value: Int64) -> JSONValue { .number(JSONNumber(value)) }
                call.send([
                    "meetings": number(figures.meetings), "messages": number(figures.messages),
                    "oldestMessage": figures.oldestMessage.map(number) ?? .null,
                    "bytes": number(figures.bytes),
                    "retention": .string(call.services.config.chat.retention.rawValue),
                ])
            })
    }

    private static func sweep(_ call: APICall) {
        Housekeeping.sweep(
            call.shard.shards, call.services,
            call.then { call, counts in
                call.send([
                    "messages": .number(JSONNumber(Int64(counts.messages))),
                    "meetings": .number(JSONNumber(Int64(counts.meetings))),
                ])
            })
    }
}

/// What one event loop turned down or lost, by a stable name; only what happened at all.
private struct TroubleCounts: Sendable {
    private var counts: [String: UInt64] = [:]

    init(_ shard: Shard) {
        let web = shard.web.counters
        add("tls-failed", web.tlsFailures)
        add("malformed", web.malformed)
        add("slow-clients", web.slowClients)
        add("connections-refused", web.refusedFull &+ web.refusedAddress &+ web.refusedRate)
        for (reason, count) in shard.hub.statistics.refusals {
            add("session-\(reason.rawValue)", UInt64(clamping: count))
        }
        guard let media = shard.media?.worker.figures else { return }
        add("media-never-connected", media.ends[.neverConnected] ?? 0)
        add("media-lost", media.ends[.consentExpired] ?? 0)
        add("media-handshake-failed", media.failedHandshakes)
        add("media-refused-busy", media.refusedForLoad)
    }

    private mutating func add(_ name: String, _ count: UInt64) {
        if count > 0 { counts[name, default: 0] += count }
    }

    /// All loops, the most frequent first.
    static func sum(_ shards: [TroubleCounts]) -> [(key: String, value: UInt64)] {
        let all = shards.reduce(into: [String: UInt64]()) { sum, shard in
            sum.merge(shard.counts) { $0 &+ $1 }
        }
        return all.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    }
}

extension APISchemas {
    static let admin: [Named] = [
        (
            "ServerLoad",
            object(
                [
                    ("now", time), ("startedAt", time), ("version", text), ("processors", count),
                    ("at", list(of: time)),
                ]
                    + ["rooms", "people", "sessions", "connections", "relayed"].map { ($0, list(of: count)) }
                    + [
                        (
                            "processor",
                            list(of: ["type": "number", "description": "Percent of the machine."])
                        ),
                        ("memory", list(of: ["type": "integer", "description": "Bytes."])),
                        ("received", list(of: ["type": "integer", "description": "Bytes a second."])),
                        ("sent", list(of: ["type": "integer", "description": "Bytes a second."])),
                    ])
        ),
        (
            "OpenRooms",
            object([
                (
                    "rooms",
                    list(
                        of: object([
                            ("meeting", code), ("name", optional(text)), ("openedAt", time),
                            ("retention", retention), ("waiting", count),
                            (
                                "people",
                                list(
                                    of: object([
                                        ("id", text), ("name", text),
                                        ("role", choice(MeetingRole.allCases.map(\.rawValue))),
                                        ("joinedAt", time), ("connected", flag), ("guest", flag),
                                        ("microphone", flag), ("camera", flag), ("screen", flag),
                                    ]))
                            ),
                        ]))
                )
            ])
        ),
        (
            "ServerTrouble",
            object([
                (
                    "lines",
                    list(
                        of: object([
                            ("at", time), ("level", choice(["warning", "error"])), ("event", text),
                            ("details", text), ("count", count),
                        ]))
                ),
                ("counts", list(of: object([("what", text), ("count", count)]))),
            ])
        ),
        (
            "ServerFindings",
            object([
                ("status", level), ("at", time),
                (
                    "findings",
                    list(
                        of: object([
                            ("check", text), ("level", level), ("what", text), ("why", text), ("fix", text),
                        ]))
                ),
            ])
        ),
        (
            "ServerStorage",
            object([
                ("meetings", count), ("messages", count), ("oldestMessage", optional(time)), ("bytes", count),
                ("retention", retention),
            ])
        ),
        ("Swept", object([("messages", count), ("meetings", count)])),
    ]

    private static let level = choice(Finding.Level.allCases.map(\.rawValue))
}
