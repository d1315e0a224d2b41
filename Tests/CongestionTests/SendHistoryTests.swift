// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import Congestion

@Suite("Send history")
struct SendHistoryTests {
    @Test("tells each packet's fate once")
    func once() {
        var history = SendHistory()
        let now = Instant(nanoseconds: 5_000_000_000)
        let number = history.append(size: 1000, at: now)
        #expect(number == 0)
        #expect(history.bytesInFlight == 1000)
        let packet = history.settle(0, isReceived: true, at: now.advanced(by: .milliseconds(80)))
        #expect(packet?.sentAt == now)
        #expect(packet?.size == 1000)
        #expect(history.bytesInFlight == 0)
        #expect(history.settle(0, isReceived: true, at: now) == nil)
        #expect(history.settle(1, isReceived: true, at: now) == nil)
        #expect(history.settle(65535, isReceived: true, at: now) == nil)
    }
}
