// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import Synchronization

/// Waits for a value that another thread hands over. For starting and stopping; never on a loop.
func blocking<Value: Sendable>(_ body: (@escaping @Sendable (Value) -> Void) -> Void) -> Value {
    let semaphore = DispatchSemaphore(value: 0)
    let box = Handover<Value>()
    body { value in
        box.value.withLock { $0 = value }
        semaphore.signal()
    }
    while true {
        semaphore.wait()
        if let value = box.value.withLock(\.self) { return value }
    }
}

private final class Handover<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}
