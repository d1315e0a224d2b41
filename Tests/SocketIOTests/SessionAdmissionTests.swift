// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import SocketIO

@Suite("Session admission")
struct SessionAdmissionTests {
    private let start = Instant.origin.advanced(by: .seconds(100))

    private func client(_ address: String, isTrusted: Bool = false) -> SocketClient {
        SocketClient(address: address, isSecure: false, isOriginAllowed: true, isTrusted: isTrusted)
    }

    @Test(
        "one subscriber is one address",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false), ("unknown", "unknown", true),
            ("unknown", "_hidden", false), ("0.0.0.0", "::", false),
        ])
    func addresses(_ one: String, _ other: String, _ isSame: Bool) {
        #expect((AddressShare.Key(one) == AddressShare.Key(other)) == isSame)
    }

    @Test("this machine is exempt from what others are held to, unless it speaks for them")
    func exempt() throws {
        for exempts in [true, false] {
            var limits = SessionLimits()
            limits.exemptsLoopback = exempts
            let admission = SessionAdmission(limits)
            var refused = 0
            for _ in 0..<20_000 {
                do throws(SocketRefusal) {
                    admission.entered(try admission.admit(client("127.0.0.1", isTrusted: true), at: start))
                } catch {
                    refused += 1
                }
            }
            #expect(refused == (exempts ? 0 : 19_000))
            #expect(admission.refusals == (exempts ? [:] : [.addressSessions: 19_000]))
            admission.isStopping = true
            #expect(throws: SocketRefusal.stopping) {
                _ = try admission.admit(client("127.0.0.1", isTrusted: true), at: start)
            }
        }
    }

    @Test("ordinary use hits none of the defaults: a school that comes at once, a chat, a file in pieces")
    func defaults() throws {
        let admission = SessionAdmission(SessionLimits())
        for _ in 0..<1000 { admission.entered(try admission.admit(client("192.0.2.1"), at: start)) }
        #expect(throws: SocketRefusal.addressSessions) { try admission.admit(client("192.0.2.1"), at: start) }
        var allowance = try admission.admit(client("192.0.2.2"), at: start)
        for message in 0..<20_000 {
            let now = start.advanced(by: .milliseconds(message))
            #expect(admission.refusal(of: &allowance, at: now) == nil)
        }
    }

    @Test("an address that has used up its share takes nothing from the others'")
    func fairness() throws {
        var limits = SessionLimits()
        limits.handshakesOfAddress = .init(burst: 1, perSecond: 1)
        limits.handshakes = .init(burst: 2, perSecond: 1)
        let admission = SessionAdmission(limits)
        _ = try admission.admit(client("192.0.2.1"), at: start)
        for _ in 0..<10 {
            #expect(throws: SocketRefusal.addressHandshakes) {
                _ = try admission.admit(client("192.0.2.1"), at: start)
            }
        }
        _ = try admission.admit(client("192.0.2.2"), at: start)
        #expect(throws: SocketRefusal.storm) { _ = try admission.admit(client("192.0.2.3"), at: start) }
    }

    @Test("addresses are forgotten once they are as good as new")
    func forgets() throws {
        let admission = SessionAdmission(SessionLimits())
        for number in 0..<210_000 {
            let address = "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"
            let allowance = try admission.admit(
                client(address), at: start.advanced(by: .milliseconds(number)))
            admission.entered(allowance)
            admission.left(allowance)
        }
        #expect(admission.refusals.isEmpty)
        #expect(admission.sessionCount == 0)
    }
}
