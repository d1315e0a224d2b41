// SPDX-License-Identifier: Apache-2.0
internal import CNet

/// Gives memory back to the system when most connections have gone and stay away.
///
/// What is left behind lies between what is still in use, so the C library does not do that by itself.
public final class Tide {
    private var mark: TideMark
    private var timer: LoopTimer?

    private static let patience = Duration.seconds(15)

    /// - Parameter worthwhile: Fewer connections than this leave nothing worth the work.
    public init(on loop: EventLoop, worthwhile: Int = 1000) {
        mark = TideMark(worthwhile: worthwhile)
        timer = LoopTimer(on: loop) { [unowned self] in
            if mark.settle() { cnet_trim_heap() }
        }
    }

    public func note(open count: Int) {
        if mark.note(open: count) { timer?.arm(after: Self.patience) }
    }
}

/// Decides when a tide has gone out.
struct TideMark {
    let worthwhile: Int
    private var highest = 0
    private var open = 0
    private var isEbbing = false

    init(worthwhile: Int) { self.worthwhile = worthwhile }

    /// - Returns: Whether to look again after a while, by ``settle()``.
    mutating func note(open count: Int) -> Bool {
        open = count
        highest = max(highest, count)
        guard !isEbbing, highest >= worthwhile, count <= highest / 4 else { return false }
        isEbbing = true
        return true
    }

    /// - Returns: Whether most have gone and stayed away.
    mutating func settle() -> Bool {
        isEbbing = false
        // They may be back: a network that was away for a moment.
        guard open <= highest / 4 else { return false }
        highest = open
        return true
    }
}
