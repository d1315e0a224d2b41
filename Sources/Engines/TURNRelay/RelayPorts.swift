// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// The ports of one address: taken, resting after use, or free.
///
/// A port rests for 30 seconds, so that nothing that was meant for its last owner reaches the next. Only when no
/// other is free, it rests for three.
struct RelayPorts: Sendable {
    static let rest = Duration.seconds(30)
    static let shortRest = Duration.seconds(3)

    private enum State: UInt8 { case free, taken, resting }

    private let first: Int
    private var states: [State]
    private var resting = Queue<(port: UInt16, since: Instant)>()
    private(set) var free: Int

    init(_ ports: ClosedRange<UInt16>) {
        first = Int(ports.lowerBound)
        states = Array(repeating: .free, count: ports.count)
        free = ports.count
    }

    /// Takes any free port; with `isEven` an even one, and with `isPair` one whose next is free too and is taken with it.
    mutating func take(
        isEven: Bool, isPair: Bool, at now: Instant, random: inout some RandomSource
    ) -> UInt16? {
        wake(at: now, after: Self.rest)
        if let port = find(isEven: isEven, isPair: isPair, random: &random) { return port }
        wake(at: now, after: Self.shortRest)
        return find(isEven: isEven, isPair: isPair, random: &random)
    }

    /// Gives a port back after use.
    mutating func giveBack(_ port: UInt16, at now: Instant) {
        let index = Int(port) - first
        guard states.indices.contains(index), states[index] == .taken else { return }
        states[index] = .resting
        resting.append((port, now))
    }

    private mutating func wake(at now: Instant, after rest: Duration) {
        while let oldest = resting.first, oldest.since.advanced(by: rest) <= now {
            _ = resting.popFirst()
            states[Int(oldest.port) - first] = .free
            free += 1
        }
    }

    private mutating func find(isEven: Bool, isPair: Bool, random: inout some RandomSource) -> UInt16? {
        guard free > (isPair ? 1 : 0) else { return nil }
        // A few draws find one while most are free; then whatever follows the last draw.
        var index = 0
        for _ in 0..<8 {
            index = draw(&random)
            if fits(index, isEven: isEven, isPair: isPair) { return claim(index, isPair: isPair) }
        }
        for _ in states.indices {
            index = (index + 1) % states.count
            if fits(index, isEven: isEven, isPair: isPair) { return claim(index, isPair: isPair) }
        }
        return nil
    }

    /// An index, each as likely as the others.
    private func draw(_ random: inout some RandomSource) -> Int {
        // 32 bits over at most 65,536 ports: none is more likely than another by one in 65,536.
        let number = random.nextBytes(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // A shift binds more tightly than a product.
        return Int((number * UInt64(states.count)) >> 32)
    }

    private func fits(_ index: Int, isEven: Bool, isPair: Bool) -> Bool {
        guard states[index] == .free else { return false }
        guard isEven || isPair else { return true }
        guard (first + index).isMultiple(of: 2) else { return false }
        return !isPair || (index + 1 < states.count && states[index + 1] == .free)
    }

    private mutating func claim(_ index: Int, isPair: Bool) -> UInt16 {
        states[index] = .taken
        free -= 1
        if isPair {
            states[index + 1] = .taken
            free -= 1
        }
        return UInt16(first + index)
    }
}
