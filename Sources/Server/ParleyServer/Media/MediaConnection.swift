// SPDX-License-Identifier: Apache-2.0
internal import Forwarding
internal import MediaPlans
internal import MediaServer
internal import MeetingProtocol
internal import Negotiation
internal import SDP

/// Why media are not taken or given.
enum MediaRefusal: Error, Hashable {
    /// The server carries no media, or not for somebody new.
    case unavailable
    /// What was sent is no description.
    case malformed(String)
    /// The offer is of no use, for this reason.
    case offer(String)
    /// The connection is over.
    case ended
}

/// Who sends and receives in a ``MediaRoom``: a participant of the meeting, or whoever came by WHIP or WHEP.
struct MediaParty: Hashable, Sendable {
    let name: String

    init(_ participant: ParticipantID) { name = participant.rawValue }

    /// A publisher over WHIP. Participants have no such character in their names.
    init(publisher: String) { name = "~" + publisher }

    /// The name of a publisher over WHIP; `nil` for everybody else.
    var publisher: String? {
        name.hasPrefix("~") && !name.hasPrefix("~~") ? String(name.dropFirst()) : nil
    }

    /// Somebody who only watches, over WHEP.
    init(viewer number: UInt64) { name = "~~\(number)" }
}

/// What one slot of a connection is to show.
struct MediaWish: Hashable {
    var section: ShortName
    var party: MediaParty
    var source: MediaSource
    var width: UInt16 = 0
    var height: UInt16 = 0
    var priority: UInt8 = 0
}

/// One peer connection with the server: what was agreed on, and what passes.
///
/// On the shard of its room.
final class MediaConnection {
    let id: ConnectionID
    let party: MediaParty
    private(set) unowned var room: MediaRoom
    private var negotiation: ServerNegotiation
    private let limits: SlotLimits
    private(set) var plan: MediaPlan
    /// The answer to the last offer.
    private(set) var answer: String
    /// What sections carry, as whoever publishes says; where it says nothing, a microphone and a camera.
    private var sources: [ShortName: MediaSource]
    /// By section.
    private(set) var publications: [ShortName: PublicationID] = [:]
    /// All of them, those of publications that are not there yet among them.
    private(set) var wishes: [MediaWish] = []
    /// Says what they are whenever others publish; `nil` where whoever watches says so.
    private var chooses: (([(party: MediaParty, sources: [MediaSource])]) -> [MediaWish])?
    /// What publications they were found to be.
    private var found: [PublicationID?] = []
    private(set) var isSecured = false
    /// Called for what happens, until the connection is over; that it is over last.
    var listener: ((MediaConnection, MediaEvent) -> Void)?

    init(
        _ id: ConnectionID, of party: MediaParty, in room: MediaRoom, _ negotiation: ServerNegotiation,
        _ negotiated: ServerNegotiation.Negotiated, sources: [ShortName: MediaSource], limits: SlotLimits
    ) {
        self.id = id
        self.party = party
        self.room = room
        self.negotiation = negotiation
        self.sources = sources
        self.limits = limits
        plan = negotiated.plan
        answer = negotiated.answer.formatted
        apply()
    }

    /// Answers another offer for the same connection.
    func answer(_ offer: String, sources: [ShortName: MediaSource]? = nil) throws(MediaRefusal) -> String {
        let description = try MediaRoom.parse(offer)
        let negotiated: ServerNegotiation.Negotiated
        do throws(NegotiationError) {
            var random = SystemRandomNumberGenerator()
            negotiated = try negotiation.answer(
                description, fresh: room.freshCredentials(), limits: limits, random: &random)
        } catch {
            throw .offer(error.description)
        }
        if negotiated.startsICE { try restart(negotiated.plan.connection) }
        plan = negotiated.plan
        answer = negotiated.answer.formatted
        if let sources { self.sources = sources }
        apply()
        room.note(self)
        refreshView()
        return answer
    }

    /// Takes a fragment of a description: new candidates, which we do not need, or an ICE restart. RFC 9725 §4.3.
    ///
    /// - Returns: The answer to a restart.
    func patch(_ fragment: SDPFragment) throws(MediaRefusal) -> SDPFragment? {
        let patched: ServerNegotiation.Patched
        do throws(NegotiationError) {
            patched = try negotiation.patch(fragment, fresh: room.freshCredentials())
        } catch {
            throw .offer(error.description)
        }
        guard case .restart(let answer, let connection) = patched else { return nil }
        try restart(connection)
        plan.connection = connection
        return answer
    }

    private func restart(_ connection: ConnectionPlan) throws(MediaRefusal) {
        guard (try? room.worker.restart(id, connection)) != nil else { throw .ended }
    }

    private func apply() {
        let ids = room.worker.publish(id, plan.tracks)
        publications = [:]
        for (track, publication) in zip(plan.tracks, ids) {
            guard let publication else { continue }
            publications[track.mid] = publication
            let source = source(of: track)
            let traits = PublicationTraits(isScreen: source == .screen, isAlwaysHeard: source == .screenSound)
            room.worker.setTraits(publication, traits)
        }
        room.worker.setSlots(id, plan.slots)
        room.worker.setData(id, plan.connection.data)
    }

    func source(of track: TrackPlan) -> MediaSource {
        sources[track.mid] ?? (track.kind == .audio ? .microphone : .camera)
    }

    /// What this connection publishes.
    var published: [(source: MediaSource, kind: MediaKind, id: PublicationID)] {
        plan.tracks.compactMap { track in
            publications[track.mid].map { (source(of: track), track.kind, $0) }
        }
    }

    /// The section of a publication, and the names of its encodings.
    func section(of publication: PublicationID) -> (mid: ShortName, encodings: [ShortName?])? {
        for track in plan.tracks where publications[track.mid] == publication {
            return (track.mid, track.encodings.map(\.rid))
        }
        return nil
    }

    /// What is to be seen in the slots: the whole wish each time.
    func view(_ wishes: [MediaWish]) {
        self.wishes = wishes
        refreshView()
    }

    /// What is to be seen is chosen by who publishes, now and whenever that changes.
    func view(_ chooses: @escaping ([(party: MediaParty, sources: [MediaSource])]) -> [MediaWish]) {
        self.chooses = chooses
        view(chooses(room.publishers))
    }

    /// Others publish than before: looks whether that concerns what is to be seen.
    func publicationsChanged() {
        if let chosen = chooses?(room.publishers), chosen != wishes { return view(chosen) }
        guard !wishes.isEmpty, found != wishes.map({ room.publication(of: $0.party, $0.source) }) else {
            return
        }
        refreshView()
    }

    private func refreshView() {
        guard !plan.slots.isEmpty else { return }
        found = wishes.map { room.publication(of: $0.party, $0.source) }
        room.worker.view(
            id,
            zip(wishes, found).map { wish, publication in
                SlotWish(
                    mid: wish.section, publication: publication, width: wish.width, height: wish.height,
                    priority: wish.priority)
            })
    }

    /// Ends it; its listener hears nothing of it.
    func close() {
        listener = nil
        chooses = nil
        room.close(self)
    }

    func take(_ event: MediaEvent) {
        if case .secured = event { isSecured = true }
        listener?(self, event)
        if case .ended = event { listener = nil }
    }
}
