// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Finds the gaps in one stream and says when to ask its sender for what is missing.
///
/// A packet is asked for when it is ``patience`` late or three others have overtaken it, then again after each round
/// trip, ``mostTries`` times at most. What is given up, and what no longer fits into the list, makes
/// ``isBroken`` true: only a keyframe helps then. Everything is in place; a stream without losses touches one word.
struct NACKGenerator: BitwiseCopyable {
    static let capacity = 64
    static let mostTries: UInt8 = 10
    /// How long a packet may be late before it counts as lost.
    static let patience = Duration.milliseconds(10)
    /// How much of a gap is still worth asking for: more than a sender keeps is none.
    static let longestGap: Int64 = 512

    private struct Missing: BitwiseCopyable {
        var number: Int64 = 0
        /// When it is asked for next.
        var due = Instant.origin
        var tries: UInt8 = 0
    }

    private var missing = InlineArray<64, Missing>(repeating: Missing())
    private(set) var count = 0
    private var highest: Int64 = -1
    /// Something is missing that will not come any more.
    private(set) var isBroken = false

    init() {}

    /// Notes a packet that came, under its own SSRC or as a repeat.
    /// - Returns: Whether ``next(at:roundTrip:)`` may have something to say that it had not before.
    @inline(__always)
    mutating func receive(_ number: Int64, at now: Instant) -> Bool {
        if number == highest &+ 1 {
            highest = number
            return count > 0
        }
        return receiveElsewhere(number, at: now)
    }

    private mutating func receiveElsewhere(_ number: Int64, at now: Instant) -> Bool {
        guard highest >= 0 else {
            highest = number
            return false
        }
        guard number > highest else {
            remove(number)
            return false
        }
        let first = highest &+ 1
        highest = number
        guard number &- first <= Self.longestGap else {
            count = 0
            isBroken = true
            return true
        }
        for lost in first..<number {
            guard count < Self.capacity else {
                isBroken = true
                break
            }
            missing[count] = Missing(number: lost, due: now.advanced(by: Self.patience))
            count &+= 1
        }
        return true
    }

    private mutating func remove(_ number: Int64) {
        for index in 0..<count where missing[index].number == number {
            // They stay in their order.
            for later in index..<count &- 1 { missing[later] = missing[later &+ 1] }
            count &-= 1
            return
        }
    }

    /// A keyframe began: nothing before it is needed any more.
    mutating func keyframe(at number: Int64) {
        isBroken = false
        var kept = 0
        for index in 0..<count where missing[index].number >= number {
            missing[kept] = missing[index]
            kept &+= 1
        }
        count = kept
    }

    /// The next packet that has to be asked for now, in ascending order; `nil` when there is none left.
    /// - Parameters:
    ///   - cursor: 0 at first.
    ///   - roundTrip: How long an answer takes at least.
    mutating func next(_ cursor: inout Int, at now: Instant, roundTrip: Duration) -> Int64? {
        while cursor < count {
            let index = cursor
            let isOvertaken = missing[index].tries == 0 && highest &- missing[index].number >= 3
            guard missing[index].due <= now || isOvertaken else {
                cursor &+= 1
                continue
            }
            guard missing[index].tries < Self.mostTries else {
                isBroken = true
                remove(missing[index].number)
                continue
            }
            missing[index].tries &+= 1
            missing[index].due = now.advanced(by: max(roundTrip, .milliseconds(20)))
            cursor &+= 1
            return missing[index].number
        }
        return nil
    }

    /// When to look again; `nil` while nothing is missing.
    var deadline: Instant? {
        guard count > 0 else { return nil }
        var deadline = missing[0].due
        for index in 1..<max(1, count) { deadline = min(deadline, missing[index].due) }
        return deadline
    }
}
