// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses

extension ICEAgent {
    mutating func add(_ local: ICELocal, at now: Instant) {
        guard locals.count < ICEAgentLimits.locals,
            !locals.contains(where: { $0.socket == local.socket && $0.candidate == local.candidate })
        else { return }
        locals.append(local)
        for candidate in remotes { pair(local, candidate) }
        if giveUp != nil, state == .failed { move(to: .checking) }
    }

    mutating func add(_ candidate: ICECandidate, at now: Instant) {
        guard remotes.count < ICEAgentLimits.remotes,
            !remotes.contains(where: {
                $0.address == candidate.address && $0.transport == candidate.transport
            })
        else { return }
        remotes.append(candidate)
        for local in locals { pair(local, candidate) }
    }

    /// Puts the two on the check list, if they fit. RFC 8445 §6.1.2.2, RFC 6544 §6.2.
    private mutating func pair(_ local: ICELocal, _ candidate: ICECandidate) {
        let (ours, theirs) = (local.candidate, candidate)
        guard ours.address.ip.isIPv4 == theirs.address.ip.isIPv4, pairs.count < ICEAgentLimits.pairs else {
            return
        }
        let isStream: Bool
        switch (ours.transport, theirs.transport) {
        case (.udp, .udp): isStream = false
        case (.tcp(.active), .tcp(.passive)): isStream = true
        default: return
        }
        let path = MediaPath(local: local.socket, remote: theirs.address)
        guard !pairs.contains(where: { $0.path == path && $0.isStream == isStream }) else { return }
        pairs.append(
            ICEPair(
                path: path, isStream: isStream, localPriority: ours.priority, remotePriority: theirs.priority)
        )
    }

    /// The pair of a path, which for a request from an address nobody has named is a new one with a
    /// peer-reflexive candidate. RFC 8445 §7.3.1.3.
    mutating func pairIndex(of path: MediaPath, priority: UInt32) -> Int? {
        if let index = pairs.firstIndex(where: { $0.path == path }) { return index }
        guard pairs.count < ICEAgentLimits.pairs,
            let local = locals.first(where: { $0.socket == path.local }),
            local.candidate.address.ip.isIPv4 == path.remote.ip.isIPv4
        else { return nil }
        pairs.append(
            ICEPair(
                path: path, isStream: path.isStream, localPriority: local.candidate.priority,
                remotePriority: priority))
        return pairs.count - 1
    }

    mutating func remove(socket: UInt16, at now: Instant) {
        locals.removeAll { $0.socket == socket }
        pairs.removeAll { $0.path.local == socket }
        triggered.removeAll { $0.local == socket }
        if consent?.path.local == socket { lose(isGone: true, at: now) }
    }

    mutating func opened(_ path: MediaPath, at now: Instant) {
        let index = pairs.firstIndex {
            $0.state == .connecting && $0.path.local == path.local && $0.path.remote == path.remote
        }
        guard let index, path.isStream else { return emit(.close(path)) }
        pairs[index].path = path
        pairs[index].state = .waiting
        triggered.append(path)
    }

    mutating func closed(_ path: MediaPath, at now: Instant) {
        for index in pairs.indices where pairs[index].isStream && pairs[index].path.remote == path.remote {
            guard pairs[index].path.stream == path.stream, pairs[index].path.local == path.local else {
                continue
            }
            pairs[index].state = .failed
            pairs[index].check = nil
        }
        if consent?.path == path { lose(isGone: true, at: now) }
    }

    /// The path of media is of no use any more.
    /// - Parameter isGone: Nothing is known against the others, so one that has worked is nominated at once. Else
    ///   all are checked again.
    mutating func lose(isGone: Bool, at now: Instant) {
        consent = nil
        move(to: .disconnected)
        giveUp = now.advanced(by: ICEAgentLimits.patience)
        for index in pairs.indices {
            pairs[index].isNominated = false
            switch pairs[index].state {
            case .connecting, .waiting: break
            case .succeeded where isGone: break
            case .inProgress where isGone: break
            case .succeeded, .inProgress, .failed:
                // A connection that has ended is opened again.
                if pairs[index].state == .failed, pairs[index].isStream { pairs[index].path.stream = 0 }
                pairs[index].state = .waiting
                pairs[index].check = nil
            }
        }
    }
}
