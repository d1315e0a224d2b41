// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import HTTP
import JSON
import NetworkAddresses
import ServerConfig
import Testing

extension ServerJourneys {
    @Suite("Leave-taking and limits") struct LeaveTaking {
        @Test("clients are told and let go a few at a time, and whoever comes is asked to come later")
        func drains() async throws {
            let server = try TestServer()
            let visitors = try (0..<100).map { index in
                try Visitor.connected(server, over: index == 0 ? .polling : .webSocket)
            }
            let began = Instant.monotonic()
            let stopping = server.beginStopping()
            var statuses: [Int] = []
            while statuses.last != 503 {
                statuses.append(try server.get("/readyz").status)
            }
            let late = try server.get("/socket.io/?EIO=4&transport=polling")
            #expect(late.status == 503)
            #expect(late.headers["Retry-After"] == "5")
            let metrics = try server.get("/metrics").text
            #expect(metrics.contains("\nparley_refusals_total{reason=\"stopping\"} 1\n"))
            #expect(metrics.contains("\nparley_refusals_total{reason=\"slow-client\"} 0\n"))
            for visitor in visitors {
                _ = try visitor.event("stopping")
                #expect(throws: TransportFailure.self) { try visitor.waitForDisconnect() }
            }
            await stopping.value
            #expect(began.duration(to: .monotonic()) < .seconds(10))
            #expect(throws: (any Error).self) { try server.get("/healthz") }
        }

        @Test("a server that nobody uses stops at once")
        func idle() throws {
            let server = try TestServer()
            _ = try server.get("/healthz")
            let began = Instant.monotonic()
            server.stop()
            #expect(began.duration(to: .monotonic()) < .seconds(1))
        }

        @Test("a client that talks too fast is cut off, and one behind the same proxy goes on")
        func flood() throws {
            let server = try TestServer { $0.http.trustedProxies = [AddressRange(setting: "127.0.0.1")!] }
            defer { server.stop() }
            let from = { (number: Int) in ("X-Forwarded-For", "203.0.113.\(number)") }
            let flooder = try Visitor(server, headers: [from(1)])
            let other = try Visitor(server, headers: [from(2)])
            for visitor in [flooder, other] { _ = try visitor.enter() }
            #expect(throws: (any Error).self) {
                for _ in 0..<20_000 { _ = try flooder.send("leave", [:]) }
                try flooder.waitForDisconnect()
            }
            #expect(try other.request("leave")["refused"]?.string == "not-joined")
            let metrics = try server.get("/metrics").text
            #expect(metrics.contains("\nparley_refusals_total{reason=\"session-messages\"} 1\n"))
        }
    }
}
