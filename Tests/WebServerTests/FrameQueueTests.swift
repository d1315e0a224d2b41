// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import WebServer

@Suite("Frames that wait for a slow peer")
struct FrameQueueTests {
    private let now = Instant(nanoseconds: 0)

    private func add(
        _ queue: inout FrameQueue, _ byte: UInt8, count: Int, isMedia: Bool = true,
        after delay: Duration = .zero
    ) -> Int {
        unsafe [UInt8](repeating: byte, count: count).withUnsafeBytes {
            unsafe queue.append($0, padding: 0, isMedia: isMedia, at: now.advanced(by: delay))
        }
    }

    private func take(_ queue: inout FrameQueue, _ limit: Int, after delay: Duration = .zero) -> (
        Int, [UInt8]
    ) {
        var bytes: [UInt8] = []
        let dropped = unsafe queue.take(limit: limit, at: now.advanced(by: delay)) {
            unsafe bytes.append(contentsOf: $0)
        }
        return (dropped, bytes)
    }

    @Test("frames leave whole and in order")
    func order() {
        var queue = FrameQueue()
        for byte in 1...4 as ClosedRange<UInt8> { #expect(add(&queue, byte, count: 3) == 0) }
        #expect(take(&queue, 4) == (0, [1, 1, 1, 2, 2, 2]))
        #expect(queue.count == 6)
        #expect(take(&queue, 100) == (0, [3, 3, 3, 4, 4, 4]))
        #expect(queue.isEmpty)
    }

    @Test("media that has waited too long is dropped, answers are not")
    func late() {
        var queue = FrameQueue()
        _ = add(&queue, 1, count: 2)
        _ = add(&queue, 2, count: 2, isMedia: false)
        _ = add(&queue, 3, count: 2, after: .milliseconds(200))
        #expect(take(&queue, 0, after: .milliseconds(400)).0 == 0)
        #expect(add(&queue, 4, count: 2, after: .milliseconds(450)) == 1)
        #expect(take(&queue, 100, after: .milliseconds(460)) == (0, [2, 2, 3, 3, 4, 4]))
        #expect(queue.answerCount == 0)
    }

    @Test("when there are too many, the oldest media goes")
    func tooMany() {
        var queue = FrameQueue()
        _ = add(&queue, 1, count: 10, isMedia: false)
        var dropped = 0
        for _ in 0..<300 { dropped += add(&queue, 2, count: 1000) }
        _ = add(&queue, 3, count: 10)
        #expect(queue.count <= FrameQueue.limit)
        #expect(queue.count == 20 + (300 - dropped) * 1000)
        let (_, bytes) = take(&queue, .max)
        #expect(Array(bytes.prefix(11)) == [UInt8](repeating: 1, count: 10) + [2])
        #expect(bytes.last == 3)
    }
}
