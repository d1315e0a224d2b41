// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import HTTP
internal import JSON
internal import MeetingProtocol
internal import ServerConfig
internal import Storage
internal import TLS

/// What a page needs to test the way to this server's relay.
enum RelayRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .post, "/ice-servers", "Give the STUN and TURN servers to test a connection with, for minutes",
            .anyone,
            content: .optional("ICEServersRequest"), success: .json("ICEServers"),
            problems: MeetingRoutes.absent + [
                ("not-signed-in", .unauthorized), ("too-many-requests", .tooManyRequests),
            ], give)
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
