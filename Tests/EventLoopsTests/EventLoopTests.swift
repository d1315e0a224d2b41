// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Glibc
import Synchronization
import Testing

@testable import EventLoops

@Suite("Event loops")
struct EventLoopTests {
    private actor Pinned {
        let loop: EventLoop
        var count = 0
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
        init(_ loop: EventLoop) { self.loop = loop }
        func step() -> Bool {
            count += 1
            return loop.isCurrent
        }
    }

    /// Runs `body` on a fresh loop and waits for the value it hands over.
    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (EventLoop, CheckedContinuation<Value, Never>) -> Void
    ) async throws -> Value {
        let loop = try EventLoop.start(name: "test")
        defer { loop.stop() }
        return await withCheckedContinuation { continuation in loop.execute { body(loop, continuation) } }
    }

    @Test("runs jobs in the order they were given")
    func order() async throws {
        let numbers = try await onLoop { loop, done in
            let seen = Mutex<[Int]>([])
            let box = LoopBound(Collector(), on: loop)
            for number in 0..<100 { box.execute { $0.numbers.append(number) } }
            box.execute { collector in
                seen.withLock { $0 = collector.numbers }
                done.resume(returning: collector.numbers)
            }
        }
        #expect(numbers == Array(0..<100))
    }

    private final class Collector { var numbers: [Int] = [] }

    @Test("runs a pinned actor on its thread, from outside and from inside")
    func actors() async throws {
        let loop = try EventLoop.start(name: "test")
        defer { loop.stop() }
        let actor = Pinned(loop)
        #expect(await actor.step())
        let inside: Bool = await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: actor.assumeIsolated { $0.step() }) }
        }
        #expect(inside)
        #expect(await actor.count == 2)
    }

    @Test("begins a turn when it was told to, and no earlier, with the timers of that time")
    func exactTurns() async throws {
        let (wanted, fired): (Instant, Instant) = try await onLoop { loop, done in
            let wanted = loop.now.advanced(by: .microseconds(1300))
            let timer = LoopTimer(on: loop) { done.resume(returning: (wanted, loop.now)) }
            timer.arm(at: wanted)
            loop.wake(at: wanted.advanced(by: .milliseconds(5)))
            loop.wake(at: wanted)
        }
        #expect(fired >= wanted)
    }

    @Test("fires timers in order of their deadlines, moved ones at the new time, cancelled ones never")
    func timers() async throws {
        let order: [String] = try await onLoop { loop, done in
            let fired = Box<[String]>([])
            let first = LoopTimer(on: loop) { fired.value.append("first") }
            let moved = LoopTimer(on: loop) { fired.value.append("moved") }
            let cancelled = LoopTimer(on: loop) { fired.value.append("cancelled") }
            let last = LoopTimer(on: loop) { done.resume(returning: fired.value) }
            last.arm(after: .milliseconds(12))
            moved.arm(after: .milliseconds(1))
            cancelled.arm(after: .milliseconds(2))
            first.arm(after: .milliseconds(3))
            moved.arm(after: .milliseconds(6))
            cancelled.cancel()
        }
        #expect(order == ["first", "moved"])
    }

    @Test("keeps that order when it comes late to all of them")
    func lateTimers() async throws {
        let order: [String] = try await onLoop { loop, done in
            let fired = Box<[String]>([])
            let first = LoopTimer(on: loop) { fired.value.append("first") }
            let moved = LoopTimer(on: loop) {
                fired.value.append("moved")
                done.resume(returning: fired.value)
            }
            // All of these have passed before the loop can look at its timers.
            let start = loop.now.advanced(by: .milliseconds(-10))
            moved.arm(at: start.advanced(by: .milliseconds(1)))
            first.arm(at: start.advanced(by: .milliseconds(3)))
            moved.arm(at: start.advanced(by: .milliseconds(6)))
        }
        #expect(order == ["first", "moved"])
    }

    @Test("forgets timers that were cancelled before they have come up, and fires the others in order")
    func manyTimers() async throws {
        let (left, order): (Int, [Int]) = try await onLoop { loop, done in
            let fired = Box<[Int]>([])
            var timers: [LoopTimer] = []
            for number in 0..<10_000 {
                let timer = LoopTimer(on: loop) { fired.value.append(number) }
                timers.append(timer)
                timer.arm(after: number % 1000 == 0 ? .milliseconds(20 - number / 1000) : .seconds(3600))
            }
            for (number, timer) in timers.enumerated() where number % 1000 != 0 { timer.cancel() }
            let left = loop.timerCount
            let last = LoopTimer(on: loop) { done.resume(returning: (left, fired.value)) }
            last.arm(after: .milliseconds(30))
        }
        #expect(left < 1500)
        #expect(order == (0..<10).map { $0 * 1000 }.reversed())
    }

    private final class Box<Value> {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    private final class PipeReader: EventHandler {
        let descriptor: Int32
        let done: (Readiness) -> Void
        init(_ descriptor: Int32, _ done: @escaping (Readiness) -> Void) {
            self.descriptor = descriptor
            self.done = done
        }
        func ready(_ events: Readiness) { done(events) }
    }

    @Test("tells a handler that its descriptor is readable, and never after removal")
    func descriptors() async throws {
        let readable: Bool = try await onLoop { loop, done in
            var ends: [Int32] = [0, 0]
            unsafe pipe(&ends)
            let box = Box<EventLoop.Registration?>(nil)
            let handler = PipeReader(ends[0]) { events in
                if let registration = box.value { loop.remove(registration) }
                box.value = nil
                done.resume(returning: events.contains(.readable))
            }
            box.value = try? loop.register(ends[0], for: .readable, handler)
            _ = unsafe write(ends[1], "x", 1)
        }
        #expect(readable)
    }

    @Test("runs turn ends once, after the jobs of the turn")
    func turnEnds() async throws {
        final class Recorder: TurnEndHandler {
            var log: [String] = []
            let done: ([String]) -> Void
            init(_ done: @escaping ([String]) -> Void) { self.done = done }
            func turnEnded() {
                log.append("end")
                done(log)
            }
        }
        let log: [String] = try await onLoop { loop, done in
            let recorder = Recorder { done.resume(returning: $0) }
            loop.atTurnEnd(recorder)
            recorder.log.append("job")
        }
        #expect(log == ["job", "end"])
    }
}
