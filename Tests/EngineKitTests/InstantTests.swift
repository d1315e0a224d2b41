// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EngineKit

@Suite("Instants")
struct InstantTests {
    @Test("a time beyond all numbers is the last there is")
    func saturates() {
        let start = Instant(nanoseconds: 1)
        #expect(start.advanced(by: .seconds(400 * 366 * 86_400)).nanoseconds == .max)
        #expect(start.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
        #expect(start.advanced(by: .seconds(-400 * 366 * 86_400)).nanoseconds < 0)
        #expect(Instant(nanoseconds: .max).advanced(by: .nanoseconds(1)).nanoseconds == .max)
        #expect(Instant(nanoseconds: .min).advanced(by: .nanoseconds(-1)).nanoseconds == .min)
        #expect(
            Instant(nanoseconds: .min).duration(to: Instant(nanoseconds: .max)) == .nanoseconds(Int64.max))
        #expect(start.advanced(by: .milliseconds(5)).nanoseconds == 5_000_001)
    }
}
