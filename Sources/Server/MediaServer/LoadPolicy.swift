// SPDX-License-Identifier: Apache-2.0
internal import Forwarding

/// What a loop carries of what it is asked to.
public enum MediaLoadLevel: Int, Hashable, Sendable, CaseIterable {
    case normal
    /// Pictures are small, so that there is time for more of them.
    case reduced
    /// Pictures are left out but for screens, so that everybody is still heard.
    case soundOnly

    var shedding: Shedding {
        switch self {
        case .normal: .nothing
        case .reduced: .allButSmall
        case .soundOnly: .video
        }
    }
}

/// Decides by measured load what a loop lets in and what it carries.
///
/// Nobody new comes in above the limit. Only when that was not enough, and the processor is used up for some seconds on end,
/// less is carried: smaller pictures first, then none. More is carried again when there has been room for longer; and where
/// that turned out to be too much, for twice as long the next time. So a short peak costs nobody anything, and the levels
/// do not take turns.
struct LoadPolicy {
    /// The part of a processor, 0 to 1, above which nobody new comes in.
    let limit: Double
    /// A loop that uses this much has no time left to spare.
    static let exhausted = 0.96
    /// Looks on end, one a second.
    static let patience = 3
    static let caution = 8
    static let greatestCaution = 128

    private(set) var level = MediaLoadLevel.normal
    private var streak = 0
    private var load = 0.0
    /// For how long there must be room before more is carried.
    private var caution = Self.caution
    /// Looks since more was carried the last time, while less was not necessary again.
    private var sinceMore = Int.max

    init(limit: Double) { self.limit = limit }

    var admits: Bool { load < limit && level == .normal }

    /// Takes the next look.
    ///
    /// - Returns: The new level, if it changes.
    mutating func note(_ load: Double) -> MediaLoadLevel? {
        self.load = load
        let isExhausted = load >= Self.exhausted
        let hasRoom = load < limit / 2
        // Which way it goes, and for how long it has gone that way.
        if isExhausted {
            streak = max(streak, 0) + 1
        } else if hasRoom {
            streak = min(streak, 0) - 1
        } else {
            streak = 0
        }
        if sinceMore < Self.greatestCaution {
            sinceMore += 1
            // What was given back is carried well: the next time is like the first.
            if sinceMore == Self.greatestCaution { caution = Self.caution }
        }
        let step = streak >= Self.patience ? 1 : streak <= -caution ? -1 : 0
        guard step != 0, let next = MediaLoadLevel(rawValue: level.rawValue + step) else { return nil }
        if step < 0 {
            sinceMore = 0
        } else {
            if sinceMore < Self.greatestCaution { caution = min(caution * 2, Self.greatestCaution) }
            sinceMore = Int.max
        }
        level = next
        streak = 0
        return level
    }
}
