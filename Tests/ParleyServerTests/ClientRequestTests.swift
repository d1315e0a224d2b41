// SPDX-License-Identifier: Apache-2.0
import EngineKit
import HTTP
import NetworkAddresses
import ServerConfig
import Testing
import WebServer

@testable import ParleyServer

@Suite("Address limiters") struct AddressLimiterTests {
    private let start = Instant.origin

    @Test("an address that is out of tokens gets new ones with time")
    func refill() {
        var limiter = AddressLimiter(burst: 2, perSecond: 1)
        let allowed = (0..<3).map { _ in limiter.allows("192.0.2.1", at: start) }
        #expect(allowed == [true, true, false])
        let other = limiter.allows("192.0.2.2", at: start)
        #expect(other)
        let later = (0..<2).map { _ in limiter.allows("192.0.2.1", at: start.advanced(by: .seconds(1))) }
        #expect(later == [true, false])
    }

    @Test("an IPv6 network of 64 bits counts as one address")
    func network() {
        var limiter = AddressLimiter(burst: 1, perSecond: 1)
        // The last is an IPv4 address as a socket that speaks both writes it.
        let addresses = [
            "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.1", "::ffff:192.0.2.1",
        ]
        let allowed = addresses.map { limiter.allows($0, at: start) }
        #expect(allowed == [true, false, true, true, false])
    }
}

@Suite("Client requests") struct ClientRequestTests {
    private func client(
        of peer: String, through proxies: [String], secure: Bool = false, _ headers: HTTPHeaders = [:]
    ) -> ClientRequest {
        var config = ServerConfig()
        config.http.trustedProxies = proxies.compactMap(AddressRange.init(setting:))
        var headers = headers
        headers.set("Host", "meet.example")
        let head = HTTPRequestHead(.get, "/", version: .http11, headers: headers)
        return ClientRequest(
            HTTPRequest(head: head, peer: PeerAddress(host: peer, port: 1), isSecure: secure),
            .unstarted(config))
    }

    @Test(
        "the client is the last address that no proxy of ours is",
        arguments: [
            ("203.0.113.9", "203.0.113.9"), ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9, 10.0.0.2", "203.0.113.9"), ("6.6.6.6,203.0.113.9,10.0.0.2", "203.0.113.9"),
            ("garbage, 203.0.113.9", "203.0.113.9"), ("203.0.113.9, garbage", "10.0.0.1"),
            ("2001:DB8::0001", "2001:db8::1"),
        ])
    func forwardedFor(list: String, address: String) {
        #expect(client(of: "10.0.0.1", through: ["10.0.0.0/8"], ["X-Forwarded-For": list]).address == address)
    }

    @Test("a stranger's own claims change nothing")
    func stranger() {
        let claims: HTTPHeaders = [
            "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "other.example",
        ]
        let stranger = client(of: "203.0.113.9", through: ["10.0.0.0/8"], claims)
        #expect(stranger.address == "203.0.113.9")
        #expect(!stranger.isSecure)
        #expect(stranger.authority == "meet.example")
        #expect(!stranger.isLocal)
    }

    @Test("behind a proxy, nobody else speaks plain HTTP to us, except this machine")
    func onlyThroughProxy() {
        #expect(!client(of: "203.0.113.9", through: ["10.0.0.0/8"]).isPeerAllowed)
        #expect(client(of: "203.0.113.9", through: ["10.0.0.0/8"], secure: true).isPeerAllowed)
        #expect(client(of: "10.9.9.9", through: ["10.0.0.0/8"]).isPeerAllowed)
        #expect(client(of: "127.0.0.1", through: ["10.0.0.0/8"]).isPeerAllowed)
        #expect(client(of: "203.0.113.9", through: []).isPeerAllowed)
    }

    @Test("a host name that could end a header or a link is not taken over")
    func forwardedHost() {
        for host in ["evil.example/path", "a b", "a@b", "a, b", "\"x\""] {
            let proxied = client(of: "10.0.0.1", through: ["10.0.0.1"], ["X-Forwarded-Host": host])
            #expect(proxied.authority == "meet.example")
        }
    }
}
