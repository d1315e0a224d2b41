// SPDX-License-Identifier: Apache-2.0

/// Protocol logic with the network and the clock taken out.
///
/// The driver repeats three steps: ``handle(_:at:)`` one input, ``poll()`` until `nil`, sleep until
/// ``deadline`` or the next input. Outputs wait in the engine until they are polled, so a driver that
/// polls late is slow but never wrong.
public protocol Engine: ~Copyable {
    associatedtype Input
    associatedtype Output

    /// Takes one input. `now` never goes backwards between calls.
    mutating func handle(_ input: consuming Input, at now: Instant)
    /// Removes and returns the oldest output, or `nil` when there is nothing left to do.
    mutating func poll() -> Output?
    /// When the engine next wants a tick even if nothing arrives; `nil` for never.
    var deadline: Instant? { get }
}
