// SPDX-License-Identifier: Apache-2.0
import EngineKit
import JSON
import Testing

@testable import Webhooks

@Suite("Webhooks") struct WebhookTests {
    /// The example of the Standard Webhooks specification, 1.0.0, "Verifying signatures".
    @Test("are signed as Standard Webhooks has it")
    func signature() throws {
        let key = try #require(WebhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let body = Array(#"{"test": 2432232314}"#.utf8)
        let signature = key.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: body)
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test(
        "need a secret of the right kind",
        arguments: ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_!!!!"])
    func keys(text: String) {
        #expect(WebhookKey(text) == nil)
    }

    @Test("say what happened, when, and to whom")
    func body() {
        let event = WebhookEvent(
            .participantJoined, at: WallClock(milliseconds: 1_767_225_600_007), ["meeting": "abc-defg-hij"])
        let text =
            #"{"type":"participant.joined","timestamp":"2026-01-01T00:00:00.007Z","data":{"meeting":"abc-defg-hij"}}"#
        #expect(String(decoding: event.body, as: UTF8.self) == text)
    }
}

@Suite("What a receiver is still to be told") struct WebhookQueueTests {
    private func time(_ seconds: Int) -> Instant { Instant.origin.advanced(by: .seconds(seconds)) }

    @Test("is told in order, and once when it is taken")
    func order() {
        var queue = WebhookQueue()
        for id in ["a", "b"] { queue.add(id: id, body: [], at: time(0)) }
        #expect(queue.next(at: time(0))?.id == "a")
        queue.finish("a", .taken, at: time(0))
        #expect(queue.next(at: time(0))?.id == "b")
        queue.finish("b", .taken, at: time(0))
        #expect(queue.next(at: time(0)) == nil && queue.deadline == nil && queue.dropped == 0)
    }

    @Test("is tried again after longer and longer pauses, and then given up")
    func pauses() {
        var queue = WebhookQueue()
        queue.add(id: "a", body: [], at: time(0))
        var now = 0
        for pause in [5, 30, 120, 600, 1800] {
            queue.finish("a", .failed, at: time(now))
            #expect(queue.next(at: time(now + pause - 1)) == nil)
            now += pause
            #expect(queue.deadline == time(now) && queue.next(at: time(now))?.id == "a")
        }
        queue.finish("a", .failed, at: time(now))
        #expect(queue.deliveries.isEmpty && queue.dropped == 1)
    }

    @Test("does not keep what comes later waiting")
    func overtaking() {
        var queue = WebhookQueue()
        queue.add(id: "a", body: [], at: time(0))
        queue.finish("a", .failed, at: time(0))
        queue.add(id: "b", body: [], at: time(1))
        #expect(queue.next(at: time(1))?.id == "b")
    }

    @Test("is nothing more for who is gone, and the newest for who was away for long")
    func bounds() {
        var queue = WebhookQueue()
        for number in 0...WebhookQueue.capacity { queue.add(id: "\(number)", body: [], at: time(0)) }
        #expect(queue.deliveries.count == WebhookQueue.capacity && queue.deliveries.first?.id == "1")
        #expect(queue.dropped == 1)
        queue.finish("1", .gone, at: time(0))
        queue.add(id: "late", body: [], at: time(0))
        #expect(queue.deliveries.isEmpty && queue.isClosed)
    }
}
