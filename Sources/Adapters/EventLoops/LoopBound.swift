// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import Synchronization

/// A value that belongs to one loop, in a box that any thread may carry.
///
/// `@unchecked Sendable`: the value is reached only through ``use(_:)``, which checks that it runs on
/// the loop's thread.
public struct LoopBound<Value>: @unchecked Sendable {
    public let loop: EventLoop
    private let value: Value

    /// Gives `value` to `loop`. The caller keeps no other reference, unless it is on that loop itself.
    public init(_ value: Value, on loop: EventLoop) {
        self.loop = loop
        self.value = value
    }

    /// Calls `body` with the value. On the loop only.
    public func use<Result>(_ body: (Value) throws -> Result) rethrows -> Result {
        precondition(loop.isCurrent, "called off the event loop")
        return try body(value)
    }

    /// Calls `body` with the value on the loop, after everything queued there before.
    public func execute(_ body: @escaping @Sendable (Value) -> Void) {
        loop.execute { use(body) }
    }

    /// Calls `body` with the value on the loop and waits for what it returns. For starting and stopping; never on a
    /// loop.
    public func wait<Result: Sendable>(for body: @escaping @Sendable (Value) -> Result) -> Result {
        let semaphore = DispatchSemaphore(value: 0)
        let answer = Answer<Result>()
        execute { value in
            let result = body(value)
            answer.result.withLock { $0 = result }
            semaphore.signal()
        }
        while true {
            semaphore.wait()
            if let result = answer.result.withLock(\.self) { return result }
        }
    }

    private final class Answer<Result: Sendable>: Sendable {
        let result = Mutex<Result?>(nil)
    }
}
