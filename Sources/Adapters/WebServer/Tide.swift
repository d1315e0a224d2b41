// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import EngineKit
internal import EventLoops

/// Gives memory back to the system when most connections have gone and stay away.
final class Tide {
    private var highest = 0
    private var open = 0
    private var isEbbing = false
    private var timer: LoopTimer?

    /// Fewer connections than this leave nothing worth the work.
    private static let worthwhile = 1000
    private static let patience = Duration.seconds(15)

    init(on loop: EventLoop) {
        timer = LoopTimer(on: loop) { [unowned self] in settle() }
    }

    func note(open count: Int) {
        open = count
        highest = max(highest, count)
        guard !isEbbing, highest >= Self.worthwhile, count <= highest / 4 else { return }
        isEbbing = true
        timer?.arm(after: Self.patience)
    }

    private func settle() {
        isEbbing = false
        // They may be back: a network that was away for a moment.
        guard open <= highest / 4 else { return }
        highest = open
        cnet_trim_heap()
    }
}
