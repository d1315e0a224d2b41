// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import ParleyServer

@Suite("Limits of tries") struct LoginLimiterTests {
    private let limiter = LoginLimiter()
    private let now = Instant.origin

    /// How many of `count` tries are allowed.
    private func tries(_ count: Int, from address: (Int) -> String, of email: (Int) -> String) -> Int {
        (0..<count).count { limiter.allows(address($0), email($0), at: now) }
    }

    @Test("an IPv6 network of 64 bits tries as one address")
    func network() {
        #expect(tries(40, from: { "2001:db8:1:2::\($0)" }, of: { "a\($0)@example.org" }) == 30)
        #expect(limiter.allows("2001:db8:1:3::1", "a@example.org", at: now))
    }

    @Test("an address that has no tries left takes none of an account")
    func addressFirst() {
        #expect(tries(40, from: { _ in "192.0.2.1" }, of: { "a\($0)@example.org" }) == 30)
        #expect(tries(20, from: { _ in "192.0.2.1" }, of: { _ in "ana@example.org" }) == 0)
        #expect(tries(20, from: { "198.51.100.\($0)" }, of: { _ in "ana@example.org" }) == 10)
    }

    @Test("filling the tables gives no tries back to who has none left")
    func crowded() {
        #expect(tries(20, from: { _ in "192.0.2.1" }, of: { _ in "ana@example.org" }) == 10)
        #expect(tries(20, from: { _ in "192.0.2.1" }, of: { "b\($0)@example.org" }) == 10)
        let crowd = 12_000
        let address = { (number: Int) in "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)" }
        #expect(tries(crowd, from: address, of: { "c\($0)@example.org" }) == crowd)
        #expect(!limiter.allows("192.0.2.1", "new@example.org", at: now))
        #expect(!limiter.allows("198.51.100.1", "ana@example.org", at: now))
    }

    @Test("when the table is full, who has all tries back makes room, and nobody else")
    func refills() {
        var levels = TokenLevels<Int>(TokenRate(burst: 2, every: 10))
        let (early, late) = (now, now.advanced(by: .seconds(9)))
        for key in 0..<TokenLevels<Int>.maxKeys - 1 { _ = levels.take(key, at: early) }
        let own = (0..<2).map { _ in levels.take(-1, at: late) }
        let more = levels.take(-2, at: now.advanced(by: .seconds(11)))
        let again = levels.take(-1, at: now.advanced(by: .seconds(11)))
        #expect(own == [true, true] && more && !again)
    }
}
