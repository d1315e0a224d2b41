// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import MediaServer

@Suite("Holding a frame together")
struct FrameHoldTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test("waits for the packet with the marker where many are sent to, and then for nothing")
    func marker() {
        var hold = busy()
        note(&hold, marker: false)
        #expect(hold.end(at: start) == start.advanced(by: FrameHold.longest))
        note(&hold, marker: true)
        #expect(hold.end(at: start) == nil)
    }

    @Test("ends after its time, counted from the first packet that waited")
    func patience() {
        var hold = busy()
        note(&hold, marker: false)
        _ = hold.end(at: start)
        note(&hold, marker: false)
        let later = start.advanced(by: .microseconds(300))
        #expect(hold.end(at: later) == start.advanced(by: FrameHold.longest))
        #expect(hold.end(at: start.advanced(by: FrameHold.longest)) == nil)
    }

    @Test("waits for every source that is in the middle of a frame")
    func sources() {
        var hold = busy()
        note(&hold, ssrc: 1, marker: false)
        note(&hold, ssrc: 2, marker: false)
        note(&hold, ssrc: 1, marker: true)
        #expect(hold.end(at: start) != nil)
        note(&hold, ssrc: 2, marker: true)
        #expect(hold.end(at: start) == nil)
    }

    @Test("does not wait where few are sent to, for sound, or for RTCP")
    func others() {
        var quiet = FrameHold()
        note(&quiet, marker: false)
        #expect(quiet.end(at: start) == nil)
        var hold = busy()
        note(&hold, marker: false, count: 120)
        #expect(hold.end(at: start) == nil)
        note(&hold, type: 73, marker: true)
        note(&hold, type: 72, marker: false)
        #expect(hold.end(at: start) == nil)
    }

    /// One whose flushes have gone to many.
    private func busy() -> FrameHold {
        var hold = FrameHold()
        for _ in 0..<32 { hold.flushed(200) }
        return hold
    }

    private func note(
        _ hold: inout FrameHold, ssrc: UInt8 = 1, type: UInt8 = 96, marker: Bool, count: Int = 1100
    ) {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes[0] = 0x80
        bytes[1] = type | (marker ? 0x80 : 0)
        bytes[11] = ssrc
        unsafe bytes.withUnsafeBytes { unsafe hold.note($0) }
    }
}
