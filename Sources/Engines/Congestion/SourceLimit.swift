// SPDX-License-Identifier: Apache-2.0

/// Whether the source sends less than it may, so that what arrives says nothing about the path's capacity.
///
/// "Application limited region": a budget of 65 % of the target, looked at over half a second. Times in ms.
struct SourceLimit: Sendable, BitwiseCopyable {
    private static let share = 0.65
    private static let window = 500.0

    private var remaining = 0.0
    private var updatedAt: Double?
    private(set) var isLimited = false
    /// When it last stopped being limited.
    private(set) var endedAt: Double?

    init() {}

    /// Takes what left, 0 for a look at the clock.
    mutating func sent(bytes: Int, target: Double, at now: Double) {
        if updatedAt == now {
            remaining -= Double(bytes)
            return
        }
        let most = max(target * Self.share / 8 * Self.window / 1000, 1)
        let apart = updatedAt == nil ? 0 : min(max(now - (updatedAt ?? now), 0), 2 * Self.window)
        updatedAt = now
        remaining = min(remaining + target * Self.share / 8 * apart / 1000, most) - Double(bytes)
        remaining = max(remaining, -most)
        let ratio = remaining / most
        if ratio > 0.8 {
            isLimited = true
        } else if ratio < 0.5, isLimited {
            isLimited = false
            endedAt = now
        }
    }
}
