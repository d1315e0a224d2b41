// SPDX-License-Identifier: Apache-2.0

/// What one SSRC of a peer has sent.
struct SourceState: BitwiseCopyable {
    var media = ReplayWindow<16>()
    var control = ReplayWindow<2>()
}

/// The SSRCs of a peer: few, so they are searched one after the other, the last one found first.
struct SourceTable: ~Copyable {
    private var ssrcs: ContiguousArray<UInt32> = []
    private var states: ContiguousArray<SourceState> = []
    private var last = 0
    private let most: Int

    init(most: Int) { self.most = max(most, 1) }

    var count: Int { ssrcs.count }
    var hasRoom: Bool { ssrcs.count < most }

    @inline(__always)
    mutating func find(_ ssrc: UInt32) -> Int? {
        if last < ssrcs.count, ssrcs[last] == ssrc { return last }
        for index in ssrcs.indices where ssrcs[index] == ssrc {
            last = index
            return index
        }
        return nil
    }

    mutating func add(_ ssrc: UInt32) -> Int {
        ssrcs.append(ssrc)
        states.append(SourceState())
        last = ssrcs.count - 1
        return last
    }

    mutating func remove(_ ssrc: UInt32) {
        guard let slot = find(ssrc) else { return }
        ssrcs.remove(at: slot)
        states.remove(at: slot)
        last = 0
    }

    /// The number of a packet that never wraps, if it may be a new one.
    @inline(__always)
    func index(of sequence: UInt16, _ slot: Int) throws(SRTPFailure) -> UInt64 {
        let index = states[slot].media.extend(sequence)
        guard index >= 0, index < 1 << 48 else { throw .tooOld }
        try states[slot].media.check(index)
        return UInt64(index)
    }

    func checkControl(_ index: UInt64, _ slot: Int) throws(SRTPFailure) {
        try states[slot].control.check(Int64(index))
    }

    @inline(__always)
    mutating func note(_ index: UInt64, _ slot: Int) { states[slot].media.note(Int64(index)) }

    mutating func noteControl(_ index: UInt64, _ slot: Int) { states[slot].control.note(Int64(index)) }
}
