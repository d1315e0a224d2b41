// SPDX-License-Identifier: Apache-2.0
public import MediaPlans
public import SDP

/// Answers the offers of one connection. RFC 8829, with a server that never offers.
///
/// The other end offers, first and whenever it wants something changed; every offer has a complete answer, with our
/// addresses in it, so nothing trickles from here. An offer that is refused changes nothing.
///
/// In each media section we receive, send, or both, as ``Role`` says. Where we send there is a *slot*, whose SSRCs
/// stay the same for as long as its section has the same mid: what flows in it may change without another offer.
public struct ServerNegotiation: Sendable {
    /// What the server does with media.
    public enum Role: Hashable, Sendable, CaseIterable {
        /// The other end publishes: we receive.
        case publish
        /// The other end subscribes: we send.
        case subscribe
        case both

        var receives: Bool { self != .subscribe }
        var sends: Bool { self != .publish }
    }

    /// Which slots a browser hands to the page as one stream, and plays in step.
    public enum Streams: Hashable, Sendable {
        /// Every slot is a stream of its own: its content changes independently.
        case separate
        /// The first audio slot goes with the first video slot, and so on.
        case paired
    }

    public struct Negotiated: Hashable, Sendable {
        public var answer: SDPDescription
        public var plan: MediaPlan
        /// The offer restarted ICE: the plan has our new credentials. `true` for the first offer too.
        public var startsICE: Bool
    }

    let role: Role
    let policy: NegotiationPolicy
    let endpoint: ServerEndpoint
    let streams: Streams
    let cname: String
    let session: UInt64
    private var version: UInt64 = 0
    var connection: ConnectionPlan?
    /// The sections of the last answer, by index.
    private var sections: [KnownSection] = []
    /// The slots of those sections, with their SSRCs.
    private var slots: [KnownSlot] = []

    private struct KnownSection: Hashable, Sendable {
        var mid: ShortName
        var kind: String
        var isRejected: Bool
    }

    struct KnownSlot: Hashable, Sendable {
        var mid: ShortName
        var ssrc: UInt32
        var rtxSSRC: UInt32
    }

    /// - Parameters:
    ///   - session: stands in `o=`; below 2^63. RFC 8829 §5.2.1.
    ///   - cname: The CNAME of everything we send on the connection. RFC 7022.
    public init(
        role: Role, policy: NegotiationPolicy = NegotiationPolicy(), endpoint: ServerEndpoint,
        streams: Streams = .separate, session: UInt64, cname: String
    ) {
        self.role = role
        self.policy = policy
        self.endpoint = endpoint
        self.streams = streams
        self.session = session & UInt64(Int64.max)
        self.cname = cname
    }

    /// Answers an offer.
    ///
    /// - Parameters:
    ///   - fresh: Our credentials from now on, if this offer starts or restarts ICE; else they are not used.
    ///   - limits: How many slots may be active.
    ///   - random: Where SSRCs come from.
    public mutating func answer(
        _ offer: SDPDescription, fresh: LocalCredentials, limits: SlotLimits = SlotLimits(),
        random: inout some RandomNumberGenerator
    ) throws(NegotiationError) -> Negotiated {
        let offered = try read(offer)
        let tagged = try Self.taggedSection(offer, offered)
        let transport = try OfferedTransport(offer, tagged: tagged)
        let startsICE = try restarts(transport)
        var plan = MediaPlan(connection: try agree(on: transport, fresh: startsICE ? fresh : nil))
        plan.connection.reducedSizeRTCP = offered.contains { $0.isReducedSize }

        var next = self
        var answers: [AnsweredSection] = []
        var counts = SlotCounts(limits: limits)
        for section in offered {
            let answered = next.answer(section, transport, &plan, &counts, &random)
            answers.append(answered)
        }
        guard answers.contains(where: { !$0.isRejected }) else { throw .nothingInCommon }
        next.sections = answers.map {
            KnownSection(mid: $0.offered.mid, kind: $0.kindText, isRejected: $0.isRejected)
        }
        next.slots = next.slots.filter { slot in plan.slots.contains { $0.mid == slot.mid } }
        next.connection = plan.connection
        next.version &+= 1
        self = next
        let writer = AnswerWriter(
            negotiation: self, version: version, connection: plan.connection, sections: answers,
            allowsMixed: offered.contains { $0.allowsMixedExtensions })
        return Negotiated(answer: writer.description, plan: plan, startsICE: startsICE)
    }

    // MARK: Reading the offer

    private func read(_ offer: SDPDescription) throws(NegotiationError) -> [OfferedSection] {
        guard !offer.media.isEmpty else { throw .noSections }
        guard offer.media.count <= policy.maxSections else {
            throw .tooManySections(limit: policy.maxSections)
        }
        guard offer.media.count >= sections.count else { throw .sectionsChanged(index: offer.media.count) }
        var offered: [OfferedSection] = []
        var extensions: [Int: String] = [:]
        for (index, media) in offer.media.enumerated() {
            let section = try OfferedSection(
                media, index: index, session: offer.attributes, isOnly: offer.media.count == 1)
            guard !offered.contains(where: { $0.mid == section.mid }) else { throw .mid(index: index) }
            try check(section, media)
            // One transport, one meaning of each identifier. RFC 9143 §7.1.3 and RFC 8285 §6.
            for map in section.extensions where !section.isRejected && map.id < 256 {
                if let uri = extensions[map.id], uri != map.uri { throw .extensionConflict(id: map.id) }
                extensions[map.id] = map.uri
            }
            offered.append(section)
        }
        return offered
    }

    /// A section that is in use keeps its name and kind; one that was rejected may become another. RFC 8829 §5.2.2.
    private func check(_ section: OfferedSection, _ media: SDPMedia) throws(NegotiationError) {
        guard section.index < sections.count else { return }
        let known = sections[section.index]
        guard !known.isRejected, !section.isRejected else { return }
        guard known.mid == section.mid, known.kind == media.kind else {
            throw .sectionsChanged(index: section.index)
        }
    }

    /// The section whose transport all others use: the first of the BUNDLE group. RFC 9143 §7.2.
    private static func taggedSection(
        _ offer: SDPDescription, _ offered: [OfferedSection]
    ) throws(NegotiationError) -> Int {
        var bundled: [String] = []
        for attribute in offer.attributes {
            guard case .group(let group) = attribute, group.semantics == "BUNDLE", bundled.isEmpty else {
                continue
            }
            bundled = group.mids
        }
        let live = offered.filter { !$0.isRejected }
        guard let first = live.first else { throw .nothingInCommon }
        if live.count == 1, bundled.isEmpty { return first.index }
        for section in live where !bundled.contains(section.mid.description) {
            throw .notBundled(index: section.index)
        }
        return live.first { $0.mid.description == bundled.first }?.index ?? first.index
    }

    // MARK: The connection

    private func restarts(_ transport: OfferedTransport) throws(NegotiationError) -> Bool {
        guard let connection else { return true }
        let ufragChanged = connection.remoteUfrag != transport.ufrag
        let passwordChanged = connection.remotePassword != transport.password
        // A restart changes both. RFC 8839 §4.4.1.1.1.
        guard ufragChanged == passwordChanged else { throw .otherGeneration }
        return ufragChanged
    }

    private func agree(
        on transport: OfferedTransport, fresh: LocalCredentials?
    ) throws(NegotiationError) -> ConnectionPlan {
        guard let wanted = transport.role else { throw .setup }
        guard var connection else {
            return ConnectionPlan(
                localUfrag: fresh?.ufrag ?? "", localPassword: fresh?.password ?? "",
                remoteUfrag: transport.ufrag, remotePassword: transport.password,
                fingerprints: transport.fingerprints, role: wanted)
        }
        // The DTLS association outlives a restart of ICE, and so do its two ends. RFC 8842 §5.1.
        guard connection.fingerprints.contains(where: { transport.fingerprints.contains($0) }) else {
            throw .otherCertificate
        }
        guard transport.setup == .actpass || wanted == connection.role else { throw .otherRole }
        if let fresh {
            connection.localUfrag = fresh.ufrag
            connection.localPassword = fresh.password
            connection.remoteUfrag = transport.ufrag
            connection.remotePassword = transport.password
        }
        connection.data = nil
        return connection
    }

    // MARK: Slots

    /// The slot of a section: the one it has, or a new one whose SSRCs nothing else on the connection uses.
    mutating func slot(
        for section: OfferedSection, _ random: inout some RandomNumberGenerator
    ) -> KnownSlot {
        if let known = slots.first(where: { $0.mid == section.mid }) { return known }
        let slot = KnownSlot(
            mid: section.mid, ssrc: unusedSSRC(section, nil, &random), rtxSSRC: 0)
        let complete = KnownSlot(
            mid: slot.mid, ssrc: slot.ssrc, rtxSSRC: unusedSSRC(section, slot.ssrc, &random))
        slots.append(complete)
        return complete
    }

    private func unusedSSRC(
        _ section: OfferedSection, _ other: UInt32?, _ random: inout some RandomNumberGenerator
    ) -> UInt32 {
        // A source of random numbers that never gives a good one is no reason to hang.
        for _ in 0..<64 {
            let ssrc = random.next(upperBound: UInt32.max)
            let isTaken =
                ssrc == 0 || ssrc == other || slots.contains { $0.ssrc == ssrc || $0.rtxSSRC == ssrc }
                || section.sources.contains { $0.ssrc == ssrc }
            if !isTaken { return ssrc }
        }
        return UInt32(truncatingIfNeeded: slots.count &* 2 &+ (other == nil ? 1 : 2))
    }
}

/// How many slots of an answer are active so far.
struct SlotCounts {
    let limits: SlotLimits
    private var audio = 0
    private var video = 0

    init(limits: SlotLimits) { self.limits = limits }

    /// The place of the next active slot of a kind, counted from 0; `nil` when there are no more.
    mutating func next(_ kind: MediaKind) -> Int? {
        let taken = kind == .audio ? audio : video
        guard taken < limits.limit(kind) else { return nil }
        switch kind {
        case .audio: audio += 1
        case .video: video += 1
        }
        return taken
    }
}
