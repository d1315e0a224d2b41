// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON
internal import ServerConfig
internal import TLS
internal import WebServer

/// What the server says about itself.
enum ServerRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            .get, "/server", "Tell what this server is and what the asker may do", .anyone,
            success: .json("Server"), server),
        APIRoute(
            .get, "/openapi.json", "Describe every route", .anyone, success: .json("OpenAPI"), document),
    ]

    private static func server(_ call: APICall) {
        let certificate = call.shard.certificate
        call.send([
            "version": .string(call.services.version), "host": .bool(call.identity.isAdmin),
            "creation": .string(call.services.config.rooms.creation.rawValue),
            "localAuthority": .bool(certificate != nil),
            "fingerprint": certificate.map { .string($0.authorityFingerprint) } ?? .null,
        ])
    }

    private static func document(_ call: APICall) {
        var response = HTTPResponse(
            .ok, json: OpenAPIDocument.json(of: .shared, version: call.services.version))
        response.headers.set("Cache-Control", "no-cache")
        call.answer.send(response)
    }
}
