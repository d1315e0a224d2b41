// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import HTTP
internal import JSON
internal import ServerConfig
internal import Storage
internal import TLS
internal import WebServer

/// What the server says about itself.
enum ServerRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .get, "/server", "Tell what this server is and what the asker may do", .anyone,
            success: .json("Server"), server),
        APIRoute(
            .get, "/server/state", "Tell how much goes on", .admin, success: .json("ServerState"), state),
        APIRoute(
            .get, "/openapi.json", "Describe every route", .anyone, success: .json("OpenAPI"), document),
    ]

    private static func server(_ call: APICall) {
        let certificate = call.shard.certificate
        call.send([
            "version": .string(call.services.version), "host": .bool(call.identity.isAdmin),
            "creation": .string(call.services.config.rooms.creation.rawValue),
            "relay": .bool(call.services.relay.isOpen),
            "localAuthority": .bool(certificate != nil),
            "fingerprint": certificate.map { .string($0.authorityFingerprint) } ?? .null,
        ])
    }

    private static func state(_ call: APICall) {
        let shards = call.shard.shards
        call.services.store.accounts(
            call.then { call, accounts in
                let done = call.later { (call: APICall, loads: [ShardLoad]) in
                    let spoken = Set(call.services.dialects.flatMap(\.keys).map(\.rawValue)).sorted()
                    func sum(_ value: (ShardLoad) -> Int) -> JSONValue {
                        .number(JSONNumber(Int64(loads.reduce(0) { $0 + value($1) })))
                    }
                    call.send([
                        "version": .string(call.services.version), "rooms": sum(\.rooms),
                        "participants": sum(\.participants), "sessions": sum(\.sessions),
                        "connections": sum(\.connections),
                        "accounts": .number(JSONNumber(Int64(accounts.count))),
                        "eventLoops": .number(JSONNumber(Int64(loads.count))),
                        "dialects": .array(spoken.map { .string($0) }),
                    ])
                }
                Gathering.collect(from: shards, of: ShardLoad.init, done)
            })
    }

    private static func document(_ call: APICall) {
        var response = HTTPResponse(
            .ok, json: OpenAPIDocument.json(of: .shared, version: call.services.version))
        response.headers.set("Cache-Control", "no-cache")
        call.answer.send(response)
    }
}

/// What goes on in one event loop.
private struct ShardLoad: Sendable {
    let rooms: Int
    let participants: Int
    let sessions: Int
    let connections: Int

    init(_ shard: Shard) {
        rooms = shard.rooms.roomCount
        participants = shard.rooms.participantCount
        sessions = shard.sessionCount
        connections = shard.openConnections
    }
}
