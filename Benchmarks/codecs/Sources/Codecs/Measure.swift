// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Prints the processor time that `body` takes: the best of seven rounds of about 20 ms, so that what
/// else runs on the machine shows least.
///
/// - Parameter body: Returns something that depends on its work, so that the work is done.
func measure(_ name: String, _ body: () -> Int) {
    var rounds = 1
    var results = 0
    func nanosecondsPerRound() -> Double {
        let start = processorTime()
        for _ in 0..<rounds { results &+= body() }
        return (processorTime() - start) / Double(rounds)
    }
    while nanosecondsPerRound() * Double(rounds) < 20e6 { rounds *= 2 }
    let best = (0..<7).map { _ in nanosecondsPerRound() }.min() ?? 0
    print(padded("\(Int(best.rounded()))", to: 8), "ns  \(name)", results == 0 ? "(nothing was done)" : "")
}

private func processorTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

private func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
