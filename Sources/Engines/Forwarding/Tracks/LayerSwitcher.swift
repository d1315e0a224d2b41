// SPDX-License-Identifier: Apache-2.0
internal import RTP

/// Which part of a publication a receiver is sent: one of its encodings, and of that the layers up to these.
struct LayerTarget: Hashable, BitwiseCopyable {
    /// Of simulcast; 0 is the smallest picture.
    var encoding: UInt8 = 0
    /// Of scalable coding; 0 is the smallest picture.
    var spatial: UInt8 = 3
    /// 0 is the lowest frame rate.
    var temporal: UInt8 = 7
}

/// What becomes of one packet towards one receiver.
enum LayerVerdict: Hashable, BitwiseCopyable {
    /// Of an encoding that is not sent: it has no place in the receiver's numbers.
    case ignore
    /// Of the encoding that is sent, but of a layer that is not: numbers close up behind it.
    case leaveOut
    case send
    /// The first packet of another encoding than before, or of any: numbers go on from here.
    case begin
}

/// Decides, packet by packet, what a receiver is sent of a publication, and changes that only where the receiver's
/// decoder can follow.
///
/// Encodings change at keyframes. Higher temporal layers begin at their switch points, one layer at a time; lower
/// ones at the next frame. Spatial layers of one stream go up at pictures that need no earlier ones, and down at the
/// next picture, unless what they need was not sent: some scalable streams leave lower layers out between keyframes.
struct LayerSwitcher: Hashable, BitwiseCopyable {
    private static let none: UInt8 = 255

    /// What is wanted, changed by ``aim(at:)``.
    private(set) var target = LayerTarget()
    /// What is sent; `none` while nothing is.
    private(set) var encoding = LayerSwitcher.none
    private(set) var spatial: UInt8 = 0
    private(set) var temporal: UInt8 = 0
    /// The lower spatial layer that is wanted was not sent lately: it can only be had from a keyframe on.
    private var lacksLower = false
    /// The highest spatial layer that the encoding has had.
    private var seenSpatial: UInt8 = 0

    init() {}

    /// Whether the receiver has begun with what fills its slot.
    var isRunning: Bool { encoding != Self.none }

    /// Changes what is wanted; what is sent follows when it can.
    mutating func aim(at target: LayerTarget) {
        if target.spatial != self.target.spatial { lacksLower = false }
        self.target = target
    }

    /// Begins anew with the next keyframe: the slot is filled with something else, or something is missing.
    mutating func restart() {
        encoding = Self.none
        lacksLower = false
    }

    /// The encoding that has to send a keyframe before what is wanted can be sent; `nil` for none.
    var awaitedEncoding: UInt8? {
        guard encoding == target.encoding else { return target.encoding }
        let isHigher = min(target.spatial, seenSpatial) > min(spatial, seenSpatial)
        return isHigher || lacksLower ? encoding : nil
    }

    /// Decides about the next packet of the publication, in the order of arrival.
    /// - Parameters:
    ///   - encoding: Which one the packet is of.
    ///   - facts: Of audio, any that are a keyframe's.
    ///   - isLate: A later packet of the encoding came before this one: nothing changes here, as it is decided about
    ///     the rest of the frame already.
    mutating func decide(_ encoding: UInt8, _ facts: FrameFacts, isLate: Bool = false) -> LayerVerdict {
        if encoding == self.encoding { return decide(facts, isLate) }
        guard facts.isKeyframe, facts.startsFrame, !isLate, isCloser(encoding) else { return .ignore }
        self.encoding = encoding
        seenSpatial = facts.spatial
        takeTargets()
        return .begin
    }

    /// Whether an encoding is a step towards the one that is wanted: while there is none, any that is not larger.
    private func isCloser(_ encoding: UInt8) -> Bool {
        guard isRunning else { return encoding <= target.encoding }
        if target.encoding > self.encoding { return encoding > self.encoding && encoding <= target.encoding }
        return encoding < self.encoding && encoding >= target.encoding
    }

    private mutating func takeTargets() {
        spatial = target.spatial
        temporal = temporalGoal
        lacksLower = false
    }

    /// While a smaller picture is waited for, the larger one is sent at its lowest frame rate, as there is no room.
    private var temporalGoal: UInt8 {
        if lacksLower { return 0 }
        if encoding == target.encoding { return target.temporal }
        return target.encoding > encoding ? 7 : 0
    }

    private mutating func decide(_ facts: FrameFacts, _ isLate: Bool) -> LayerVerdict {
        if facts.startsFrame, !isLate { change(facts) }
        let isSent =
            facts.hasIndications
            ? facts.indication(spatial: spatial, temporal: temporal) != .notPresent
            : facts.spatial <= spatial && facts.temporal <= temporal
        return isSent ? .send : .leaveOut
    }

    /// Changes layers at the first packet of a frame.
    private mutating func change(_ facts: FrameFacts) {
        seenSpatial = max(seenSpatial, facts.spatial)
        if facts.isKeyframe { return takeTargets() }
        if facts.hasIndications { return changeByIndications(facts) }
        let goal = temporalGoal
        if goal < temporal {
            temporal = goal
        } else if facts.temporal == temporal &+ 1, facts.temporal <= goal, facts.isSwitchPoint {
            // Not more than one layer: frames between may need others that were left out.
            temporal = facts.temporal
        }
        if target.spatial < spatial {
            // Between pictures, so that the one before keeps its end.
            if facts.spatial == 0 { spatial = target.spatial }
        } else if facts.spatial == spatial &+ 1, facts.spatial <= target.spatial, !facts.usesEarlierPictures {
            spatial = facts.spatial
        }
    }

    private mutating func changeByIndications(_ facts: FrameFacts) {
        let goal = temporalGoal
        if goal < temporal {
            temporal = goal
        } else if goal > temporal, facts.indication(spatial: spatial, temporal: goal) == .switching,
            facts.indication(spatial: spatial, temporal: temporal) != .notPresent
        {
            // From a frame on that is sent anyway.
            temporal = goal
        }
        if target.spatial < spatial {
            guard facts.spatial == target.spatial, facts.temporal == 0 else { return }
            // Where frames of the lower layer are not sent at present, its later ones cannot be decoded.
            lacksLower = facts.indication(spatial: spatial, temporal: temporal) == .notPresent
            if !lacksLower { spatial = target.spatial }
        } else if facts.spatial > spatial, facts.spatial <= target.spatial, !facts.usesEarlierPictures {
            spatial = facts.spatial
        }
    }

    /// Whether a packet that is sent is the last of its picture to this receiver, so that its marker must be set.
    func endsPicture(_ facts: FrameFacts, marker: Bool) -> Bool {
        marker || (facts.endsFrame && facts.spatial < seenSpatial && facts.spatial == spatial)
    }
}
