// SPDX-License-Identifier: Apache-2.0
import EngineIO
import Testing

@Suite("Engine.IO requests")
struct EngineIORequestTests {
    /// The request for `query`, with the last of duplicates.
    static func request(
        _ query: String, method: String = "GET", isUpgrade: Bool = false, origin: String? = nil,
        _ change: (inout EngineIORequest.Offer) -> Void = { _ in }
    ) throws(EngineIORefusal) -> EngineIORequest {
        var offer = EngineIORequest.Offer()
        change(&offer)
        var parameters: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            parameters[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return try EngineIORequest(
            method: method, isUpgrade: isUpgrade, origin: origin, offer: offer,
            query: { parameters[$0] })
    }

    @Test("takes handshakes and requests of sessions")
    func accepts() throws {
        #expect(
            try Self.request("EIO=4&transport=polling&t=abc")
                == .handshake(.polling, .four, base64: false))
        #expect(
            try Self.request("EIO=4&transport=websocket", isUpgrade: true)
                == .handshake(.webSocket, .four, base64: false))
        #expect(
            try Self.request("EIO=4&transport=polling&sid=x", method: "POST") == .session(id: "x", .polling))
        #expect(
            try Self.request("EIO=4&transport=websocket&sid=x", isUpgrade: true)
                == .session(id: "x", .webSocket))
        // The revision counts in handshakes only; an empty id is none; revision 4 has no b64.
        #expect(try Self.request("transport=polling&sid=x") == .session(id: "x", .polling))
        #expect(
            try Self.request("EIO=4&transport=polling&sid=&b64=1")
                == .handshake(.polling, .four, base64: false))
    }

    @Test(
        "an unknown transport comes first",
        arguments: [
            "", "EIO=4", "EIO=4&transport=", "transport=abc&sid=x", "transport=constructor",
            "transport=__proto__", "transport=webtransport", "transport=Polling",
        ])
    func transport(_ query: String) {
        #expect(throws: EngineIORefusal.unknownTransport) { try Self.request(query, method: "POST") }
    }

    @Test("a transport that the server does not offer is unknown")
    func offeredTransport() {
        #expect(throws: EngineIORefusal.unknownTransport) {
            try Self.request("EIO=4&transport=polling") { $0.transports = [.webSocket] }
        }
    }

    @Test("a handshake is a GET", arguments: ["POST", "PUT", "DELETE", "HEAD", "get"])
    func method(_ method: String) {
        #expect(throws: EngineIORefusal.wrongHandshakeMethod) {
            try Self.request("EIO=5&transport=polling", method: method)
        }
    }

    @Test("a transport that is not the request's is refused, with a session or without")
    func mismatch() {
        for id in ["", "&sid=x"] {
            #expect(throws: EngineIORefusal.badRequest) {
                try Self.request("EIO=4&transport=websocket" + id)
            }
            #expect(throws: EngineIORefusal.badRequest) {
                try Self.request("EIO=4&transport=polling" + id, isUpgrade: true)
            }
        }
    }

    @Test("refuses JSONP and origins that no header could hold")
    func badRequests() {
        #expect(throws: EngineIORefusal.badRequest) { try Self.request("EIO=4&transport=polling&j=0") }
        #expect(throws: EngineIORefusal.badRequest) {
            try Self.request("EIO=4&transport=polling", origin: "http://a\u{1}")
        }
        #expect(throws: Never.self) {
            try Self.request("EIO=4&transport=polling", origin: "https://ä.example\t")
        }
    }

    @Test(
        "the revision is one that the server speaks, to the letter",
        arguments: ["3", "5", "abc", "", "04", "4.0"])
    func revision(_ value: String) {
        #expect(throws: EngineIORefusal.unsupportedRevision) {
            try Self.request("EIO=\(value)&transport=polling")
        }
        #expect(throws: EngineIORefusal.unsupportedRevision) { try Self.request("transport=polling") }
    }

    @Test("revision 3 is taken when it is offered, with base 64 for clients that ask for it")
    func revision3() throws {
        let both: (inout EngineIORequest.Offer) -> Void = { $0.revisions = [.three, .four] }
        #expect(
            try Self.request("EIO=3&transport=polling", both) == .handshake(.polling, .three, base64: false))
        #expect(
            try Self.request("EIO=3&transport=polling&b64=1", both)
                == .handshake(.polling, .three, base64: true))
    }

    @Test("refusals have the official codes, words and statuses")
    func refusals() {
        let bodies = EngineIORefusal.allCases.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(
            bodies == [
                #"{"code":0,"message":"Transport unknown"}"#,
                #"{"code":1,"message":"Session ID unknown"}"#,
                #"{"code":2,"message":"Bad handshake method"}"#,
                #"{"code":3,"message":"Bad request"}"#,
                #"{"code":4,"message":"Forbidden"}"#,
                #"{"code":5,"message":"Unsupported protocol version"}"#,
            ])
        #expect(EngineIORefusal.allCases.map(\.status) == [400, 400, 400, 400, 403, 400])
    }
}
