// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import STUN

/// A path that the peer has shown to be its own.
struct ICEPath: BitwiseCopyable, Sendable {
    let path: MediaPath
    /// As the peer's checks say; a check that says nothing counts lowest.
    var priority: UInt32
    var lastCheck: Instant
    /// Which credentials the last check was made with.
    var generation: UInt32
    /// Nominations by different checks since the selected path, which has a higher priority, was nominated last.
    var contests: UInt8 = 0
    var lastContest = STUNTransactionID(high: 0, low: 0)

    var end: Instant { lastCheck.advanced(by: ICELite.consentLifetime) }
}

/// What a check says, once it has shown to be right.
struct ICECheck: BitwiseCopyable {
    let id: STUNTransactionID
    let priority: UInt32
    let nominates: Bool
    /// draft-thatcher-ice-renomination: the highest number wins.
    let nomination: UInt32?
    /// Whether it was made with the newest credentials.
    let isNew: Bool

    init(_ message: STUNMessage, isNew: Bool) {
        id = message.transactionID
        priority = message.number(.priority) ?? 0
        nomination = message.number(.nomination)
        nominates = nomination != nil || message.has(.useCandidate)
        self.isNew = isNew
    }
}

/// The paths of one connection, and which of them media take.
struct ICEPaths: Sendable {
    private var paths = ContiguousArray<ICEPath>()
    private var selection: Int?
    /// Whether the peer has nominated the selected path; until then it is a guess.
    private var isChosen = false
    private var generation: UInt32 = 0
    private var lastNomination: UInt32?

    var isEmpty: Bool { paths.isEmpty }
    var selectedPath: MediaPath? { selection.map { paths[$0].path } }
    var isNominated: Bool { isChosen }

    /// When the next path ends.
    var earliestEnd: Instant? {
        var earliest: Instant?
        for path in paths { earliest = min(earliest ?? path.end, path.end) }
        return earliest
    }

    func index(of path: MediaPath) -> Int? { paths.firstIndex { $0.path == path } }

    func expired(at now: Instant) -> Int? { paths.firstIndex { $0.end <= now } }

    /// What follows was made with new credentials.
    mutating func beginGeneration() {
        generation &+= 1
        lastNomination = nil
    }

    /// Enters a check.
    mutating func note(_ check: ICECheck, on path: MediaPath, at now: Instant, _ reaction: inout ICEReaction)
    {
        let index: Int
        if let known = self.index(of: path) {
            index = known
            paths[index].lastCheck = now
            paths[index].priority = check.priority
        } else {
            if paths.count >= ICELite.maxPaths { reaction.removed = evict() }
            index = paths.count
            paths.append(
                ICEPath(
                    path: path, priority: check.priority, lastCheck: now,
                    generation: check.isNew ? generation : generation &- 1))
            reaction.added = path
        }
        if check.isNew { paths[index].generation = generation }
        if check.nominates { nominate(index, check) }
        selectAny()
    }

    /// Takes out the path that was silent for longest, but not the selected one.
    private mutating func evict() -> MediaPath? {
        var oldest: Int?
        for index in paths.indices where index != selection {
            if oldest.map({ paths[index].lastCheck < paths[$0].lastCheck }) ?? true { oldest = index }
        }
        return oldest.map { remove($0) }
    }

    /// The peer wants media on this path.
    ///
    /// Some peers nominate all that works and mean the best of it, others nominate only what they have decided on
    /// and may decide for a worse one when the better fails. So a path of at least the same priority is taken at
    /// once, and a worse one when it is nominated twice with no nomination of the better one between, or when
    /// media follow: ``heard(on:)``. RFC 8445 §8.1.1, RFC 5245 §8.1.1.2.
    private mutating func nominate(_ index: Int, _ check: ICECheck) {
        guard let selection, index != selection, isChosen else { return choose(index, check.nomination) }
        if let number = check.nomination {
            if number > lastNomination ?? 0 { return choose(index, number) }
            // The same again, from elsewhere: a peer that does not know of its new address.
            if number < lastNomination ?? 0 { return }
        }
        let (new, old) = (paths[index], paths[selection])
        // Compared as a difference, so that the count of restarts may wrap.
        let isOfRestart = Int32(bitPattern: new.generation &- old.generation) > 0
        guard !isOfRestart, new.priority < old.priority else { return choose(index, nil) }
        guard new.contests == 0 || new.lastContest != check.id else { return }
        if new.contests > 0 { return choose(index, nil) }
        paths[index].contests = 1
        paths[index].lastContest = check.id
    }

    private mutating func choose(_ index: Int, _ nomination: UInt32?) {
        selection = index
        isChosen = true
        if let nomination { lastNomination = max(lastNomination ?? 0, nomination) }
        for other in paths.indices { paths[other].contests = 0 }
    }

    /// Selects anything while there is no choice of the peer: what was checked last.
    private mutating func selectAny() {
        guard selection == nil else { return }
        isChosen = false
        for index in paths.indices {
            if selection.map({ paths[index].lastCheck > paths[$0].lastCheck }) ?? true { selection = index }
        }
    }

    /// Media that were proven to be the peer's have come on a path that is not the selected one.
    ///
    /// They settle what the checks have left open: whether a worse path was meant, and where a peer is that does
    /// not nominate again when its address changes.
    mutating func heard(on path: MediaPath) -> Bool {
        guard let index = index(of: path), let selection, index != selection else { return false }
        let (new, old) = (paths[index], paths[selection])
        guard new.contests > 0 || new.lastCheck > old.lastCheck,
            Int32(bitPattern: new.generation &- old.generation) >= 0
        else { return false }
        choose(index, nil)
        return true
    }

    mutating func remove(_ index: Int) -> MediaPath {
        let path = paths.remove(at: index).path
        if let selected = selection {
            selection = selected == index ? nil : selected > index ? selected - 1 : selected
        }
        selectAny()
        return path
    }
}
