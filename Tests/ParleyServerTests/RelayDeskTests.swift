// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import MeetingProtocol
import NetworkAddresses
import ServerConfig
import Synchronization
import Testing

@testable import ParleyServer

/// A relay that relays nothing and remembers what it was asked for.
final class RelayDouble: MeetingRelay {
    let listeners: RelayListeners
    private let ended = Mutex<[String]>([])

    init(udp: UInt16? = 3478, tcp: UInt16? = 3478, tls: UInt16? = 5349) {
        listeners = RelayListeners(udp: udp, tcp: tcp, tls: tls)
    }

    var revoked: [String] { ended.withLock(\.self) }

    func credential(for name: String, lifetime: Duration?) -> RelayCredential {
        let expires = WallClock(milliseconds: (lifetime ?? .seconds(43_200)).components.seconds * 1000)
        return RelayCredential(
            username: "\(expires.milliseconds / 1000):\(name)", password: "secret", expires: expires)
    }

    func revoke(_ name: String) { ended.withLock { $0.append(name) } }
}

@Suite("Relay desk") struct RelayDeskTests {
    @Test("names the relay by the host the client used, in each transport there is")
    func urls() {
        let desk = RelayDesk()
        desk.open(RelayDouble())
        let servers = desk.servers(for: "g/p", reaching: "meet.example:8443").servers
        #expect(
            servers.map(\.urls) == [
                ["stun:meet.example:3478"],
                [
                    "turn:meet.example:3478?transport=udp", "turn:meet.example:3478?transport=tcp",
                    "turns:meet.example:5349?transport=tcp",
                ],
            ])
        #expect(servers.map(\.username) == [nil, "43200:g/p"])
        #expect(servers.map(\.credential) == [nil, "secret"])
    }

    @Test("tells nobody of a port behind a proxy on this machine, but of the relay's own")
    func behindProxy() throws {
        var config = ServerConfig()
        let main = ListenAddress(host: "127.0.0.1", port: 8443)
        let own = ListenAddress(host: "0.0.0.0", port: 3478)
        func listeners(_ extra: [ListenAddress]) -> RelayListeners {
            RelayHost.advertised(main: main, extra: extra, config, hasTLS: false)
        }
        #expect(listeners([]) == RelayListeners(udp: 8443, tcp: 8443))
        config.http.trustedProxies = [try #require(AddressRange("127.0.0.1"))]
        #expect(listeners([]) == RelayListeners())
        #expect(listeners([own]) == RelayListeners(udp: 3478, tcp: 3478))
        let desk = RelayDesk()
        desk.open(RelayDouble(udp: nil, tcp: nil, tls: nil))
        #expect(desk.servers(for: "g/p", reaching: "meet.example").servers.isEmpty)
    }

    @Test("keeps the brackets of an IPv6 address")
    func ipv6() {
        let desk = RelayDesk()
        desk.open(RelayDouble(tls: nil))
        #expect(
            desk.servers(for: "g/p", reaching: "[2001:db8::1]:8443").servers.flatMap(\.urls) == [
                "stun:[2001:db8::1]:3478", "turn:[2001:db8::1]:3478?transport=udp",
                "turn:[2001:db8::1]:3478?transport=tcp",
            ])
    }

    @Test("prefers the host that the operator named")
    func ownHost() {
        let desk = RelayDesk(host: TurnHost(setting: "turn.example"))
        desk.open(RelayDouble(udp: nil, tcp: nil))
        #expect(
            desk.servers(for: "g/p", reaching: "10.0.0.1").servers.map(\.urls)
                == [["turns:turn.example:5349?transport=tcp"]])
        let numbered = RelayDesk(host: TurnHost(setting: "[2001:db8::7]"))
        numbered.open(RelayDouble(udp: nil, tls: nil))
        #expect(
            numbered.servers(for: "g/p", reaching: "10.0.0.1").servers.map(\.urls)
                == [["turn:[2001:db8::7]:3478?transport=tcp"]])
    }

    @Test("gives nothing without a relay, a host or a port")
    func nothing() {
        let desk = RelayDesk()
        #expect(desk.servers(for: "g/p", reaching: "meet.example").servers.isEmpty)
        desk.open(RelayDouble())
        #expect(desk.servers(for: "g/p", reaching: "").servers.isEmpty)
        #expect(desk.servers(for: "g/p", reaching: "a@b").servers.isEmpty)
        desk.open(RelayDouble(udp: nil, tcp: nil, tls: nil))
        #expect(desk.servers(for: "g/p", reaching: "meet.example").servers.isEmpty)
        desk.close()
        #expect(!desk.isOpen)
    }
}

extension ServerJourneys {
    @Suite("Relay") struct Relay {
        /// The name in a user name such as `1700000000:group/participant`.
        private func name(_ reply: JSONValue) throws -> String {
            let servers = reply["iceServers"]?.array ?? []
            let usernames = servers.compactMap { $0["username"]?.string }
            let username = try #require(usernames.first)
            return username.split(separator: ":").last.map(String.init) ?? ""
        }

        private func withRelay(
            _ change: (inout ServerConfig) -> Void = { _ in }
        ) throws -> (TestServer, RelayDouble) {
            let server = try TestServer(change)
            let relay = RelayDouble()
            server.server.relay.open(relay)
            return (server, relay)
        }

        @Test("everybody in a meeting gets a name of their own in its group, and neither tells the meeting")
        func names() throws {
            let (server, _) = try withRelay()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            let first = try name(ana.join(meeting))
            let second = try name(ben.join(meeting, name: "Ben"))
            let (one, two) = (first.split(separator: "/"), second.split(separator: "/"))
            #expect(one.count == 2 && two.count == 2)
            #expect(one[0] == two[0])
            #expect(one[1] != two[1])
            for part in meeting.split(separator: "-") { #expect(!(first + second).contains(part)) }

            let eve = try Visitor.connected(server)
            #expect(try name(eve.join(server.createMeeting())).split(separator: "/")[0] != one[0])
        }

        @Test("the host of the URLs is the one the client asked for")
        func host() throws {
            let (server, _) = try withRelay()
            defer { server.stop() }
            let ana = try Visitor.connected(server)
            let reply = try ana.join(server.createMeeting())
            #expect(reply["iceServers"]?[0]?["urls"]?[0]?.string == "stun:127.0.0.1:3478")
        }

        @Test("a seat that is come back to keeps its name, one that is left loses it for good")
        func seats() throws {
            let (server, relay) = try withRelay()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            let first = try ana.join(meeting)
            _ = try ben.join(meeting, name: "Ben")
            ana.hangUp()
            _ = try ben.event("participant-connection")
            let back = try Visitor.connected(server)
            let again = try back.join(meeting, seat: first["seat"] ?? .null)
            #expect(try name(again) == name(first))
            #expect(relay.revoked.isEmpty)

            _ = try back.request("leave")
            _ = try ben.event("participant-left")
            #expect(try relay.revoked == [name(first)])
            let later = try back.join(meeting, seat: first["seat"] ?? .null)
            #expect(try name(later) != name(first))
        }

        @Test("the end of a meeting ends what is relayed for all of it")
        func end() throws {
            let (server, relay) = try withRelay()
            defer { server.stop() }
            let meeting = try server.createMeeting()
            let (ana, ben) = (try Visitor.connected(server), try Visitor.connected(server))
            let names = [try name(ana.join(meeting)), try name(ben.join(meeting, name: "Ben"))]
            let host = try server.claimHost()
            let end = try server.request(
                "POST", "/api/v1/meetings/\(meeting)/end", headers: server.ownPage + [host])
            #expect(end.status == 204)
            _ = try ben.event("ended")
            try ben.waitForDisconnect()
            #expect(relay.revoked.sorted() == names.sorted())
        }

        @Test("a test of the connection gets servers for minutes, in a group of nobody else")
        func test() throws {
            let (server, _) = try withRelay()
            defer { server.stop() }
            let (one, two) = (
                try server.request("POST", "/api/v1/ice-servers").json,
                try server.request("POST", "/api/v1/ice-servers").json
            )
            #expect(one["expiresAt"]?.integer == 600_000)
            #expect(one["iceServers"]?[0]?["urls"]?[0]?.string == "stun:127.0.0.1:3478")
            #expect(try name(one).split(separator: "/")[0] != name(two).split(separator: "/")[0])
        }

        @Test("where only hosts start meetings, a test needs a meeting that there is")
        func restricted() throws {
            let (server, _) = try withRelay { $0.rooms.creation = .host }
            defer { server.stop() }
            func ask(_ body: String) throws -> HTTPAnswer {
                try server.request("POST", "/api/v1/ice-servers", body: body)
            }
            #expect(try ask("").status == 401)
            #expect(try ask(#"{"meeting":"what?"}"#).status == 401)
            #expect(try ask(#"{"meeting":"zzz-zzzz-zzz"}"#).status == 404)
            let host = try server.claimHost()
            let made = try server.request("POST", "/api/v1/meetings", headers: server.ownPage + [host])
            let meeting = try #require(made.json["meeting"]?.string)
            #expect(try ask(#"{"meeting":"\#(meeting)"}"#).status == 200)
        }

        @Test("nobody gets credentials by the hundred")
        func limited() throws {
            let (server, _) = try withRelay { $0.loops = 1 }
            defer { server.stop() }
            let answers = try (0..<61).map { _ in try server.request("POST", "/api/v1/ice-servers").status }
            #expect(answers.filter { $0 == 200 }.count == 60)
            #expect(answers.last == 429)
        }

        @Test("without a relay the answers say that there is none")
        func none() throws {
            let server = try TestServer()
            server.server.relay.close()
            defer { server.stop() }
            let ana = try Visitor.connected(server)
            #expect(try ana.join(server.createMeeting())["iceServers"] == [])
            let answer = try server.request("POST", "/api/v1/ice-servers").json
            #expect(answer["iceServers"] == [])
            #expect(answer["expiresAt"] == .null)
        }
    }
}
