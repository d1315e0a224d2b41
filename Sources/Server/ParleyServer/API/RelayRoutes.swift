// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import NetworkAddresses
internal import RelayServer
internal import ServerConfig
internal import Storage
internal import TLS
internal import TURNRelay

/// What a page needs to test the way to this server's relay.
enum RelayRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .post, "/ice-servers", "Give the STUN and TURN servers to test a connection with, for minutes",
            .anyone,
            content: .optional("ICEServersRequest"), success: .json("ICEServers"),
            problems: MeetingRoutes.absent + [
                ("not-signed-in", .unauthorized), ("too-many-requests", .tooManyRequests),
            ], give),
        APIRoute(
            .get, "/relays", "List what is relayed now", .admin, success: .json("Relays"), list),
        APIRoute(
            .delete, "/relays/{user}", "End all that is relayed for a user name, and refuse it from now on",
            .admin,
            success: .nothing, revoke),
    ]

    /// Long enough for all steps of a test and a look at what it found.
    static let lifetime = Duration.seconds(600)

    /// For whoever could take part in a meeting: where anyone may start one that is anybody, elsewhere those
    /// who are signed in or know a meeting.
    private static func give(_ call: APICall) throws(APIProblem) {
        guard call.shard.relayTests.allows(call.client.address, at: call.shard.loop.now) else {
            throw .tooFast
        }
        if call.services.config.rooms.creation == .anyone || call.identity.isSomebody { return answer(call) }
        guard let text = try call.fields().string("meeting"), let code = MeetingCode(text) else {
            throw .notSignedIn
        }
        guard call.shard.guesses.allows(call.client.address, at: call.shard.loop.now) else { throw .tooFast }
        call.withMeeting(code) { call, _ in answer(call) }
    }

    // MARK: For the operator

    private static func list(_ call: APICall) {
        let done = call.later { (call: APICall, reports: [[AllocationReport]]) in
            call.send(["relays": .array(reports.joined().map(payload))])
        }
        Gathering.collect(from: call.shard.shards, of: { $0.relay?.site.allocations ?? [] }, done)
    }

    private static func payload(_ report: AllocationReport) -> JSONValue {
        func number(_ value: some BinaryInteger) -> JSONValue { .number(JSONNumber(Int64(clamping: value))) }
        return [
            "user": .string(report.user), "transport": .string("\(report.client.transport)"),
            "client": .string(report.client.remote.description),
            "relayed": .string(report.grant.relayed.description),
            "additional": report.grant.additional.map { .string($0.description) } ?? .null,
            "seconds": number(report.age), "secondsLeft": number(report.remaining),
            "permissions": number(report.permissions), "channels": number(report.channels),
            "packetsToPeers": number(report.packetsToPeers), "bytesToPeers": number(report.bytesToPeers),
            "packetsToClient": number(report.packetsToClient), "bytesToClient": number(report.bytesToClient),
        ]
    }

    private static func revoke(_ call: APICall) throws(APIProblem) {
        call.services.relay.revoke(call.parameter("user"))
        call.sendNothing()
    }

    private static func answer(_ call: APICall) {
        var random = SystemRandomSource()
        // A group of its own: what tests a way must not lead into a meeting.
        let name = "\(RelayDesk.randomPart(&random))/\(RelayDesk.randomPart(&random))"
        let (servers, expires) = call.services.relay.servers(
            for: name, reaching: call.client.authority, lifetime: lifetime)
        call.send([
            "iceServers": .array(servers.map(\.payload)),
            "expiresAt": expires.map { .number(JSONNumber($0.milliseconds)) } ?? .null,
        ])
    }
}

extension APISchemas {
    static let relay: [Named] = [
        (
            "Relays",
            object([
                (
                    "relays",
                    list(
                        of: object([
                            ("user", text), ("transport", text), ("client", text), ("relayed", text),
                            ("additional", optional(text)), ("seconds", count), ("secondsLeft", count),
                            ("permissions", count), ("channels", count), ("packetsToPeers", count),
                            ("bytesToPeers", count), ("packetsToClient", count), ("bytesToClient", count),
                        ]))
                )
            ])
        ),
        ("ICEServersRequest", object([("meeting", optional(code))], required: [])),
        (
            "ICEServers",
            object([
                (
                    "iceServers",
                    list(
                        of: object(
                            [("urls", list(of: text)), ("username", text), ("credential", text)],
                            required: ["urls"]))
                ), ("expiresAt", optional(time)),
            ])
        ),
    ]
}
