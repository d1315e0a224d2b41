// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import Forwarding
internal import MediaPlans
internal import MediaServer
internal import MeetingProtocol
internal import Negotiation

/// What a page asks for about media.
enum MediaRequest: Hashable, Sendable {
    case publish(PublishRequest)
    case subscribe(SubscribeRequest)
    case view([MeetingProtocol.SlotWish])
}

/// What the media of a meeting need of its room.
protocol MeetingMediaOwner: AnyObject {
    func mediaTells(_ event: ServerEvent, to participant: ParticipantID)
    func mediaTellsAll(_ event: ServerEvent)
    /// Calls ``MeetingMedia/flush()`` when the turn is over.
    func mediaFlushesLater()
    /// Others publish than before.
    func mediaPublishersChanged()
}

/// The media of one meeting: the peer connections of its participants, and what is told about them.
final class MeetingMedia {
    /// What one participant has: one connection each way.
    private struct Own {
        var page: PageID
        var publish: Named?
        var subscribe: Named?
        /// Names of connections that are over.
        var ended: [MediaConnectionID] = []
        var allowance = TokenBucket(burst: 30, perSecond: 3)
        /// Wishes from before there was a connection.
        var wishes: [MeetingProtocol.SlotWish] = []
        /// What changed and was not told yet.
        var slots: [MediaSectionID: MediaTrack?] = [:]
        var watched: [MediaSectionID: [EncodingID]] = [:]
        var tellsWatched = false

        /// Whether there has been a connection.
        var isIn: Bool { publish != nil || subscribe != nil || !ended.isEmpty }
    }

    private struct Named {
        var name: MediaConnectionID
        var connection: MediaConnection
    }

    private let room: MediaRoom
    private let settings: MediaRoomSettings
    private unowned let owner: any MeetingMediaOwner
    private var own: [ParticipantID: Own] = [:]
    private var states: [ParticipantID: MediaState] = [:]
    /// Participants who publish by WHIP, and under which name.
    private var streams: [ParticipantID: MediaParty] = [:]
    private var willFlush = false

    init(_ room: MediaRoom, _ settings: MediaRoomSettings, of owner: any MeetingMediaOwner) {
        self.room = room
        self.settings = settings
        self.owner = owner
        room.isKept = true
        room.onLoad = { [weak self] load in
            self?.owner.mediaTellsAll(.mediaLoad(load.told))
        }
        room.onSpeakers = { [weak self] in self?.speak($0) }
        room.onChange = { [weak self] in self?.owner.mediaPublishersChanged() }
    }

    /// The meeting is over, or nobody is in it.
    func end() {
        for participant in Array(own.keys) { leave(participant) }
        room.onSpeakers = nil
        room.onChange = nil
        room.onLoad = nil
        room.isKept = false
        room.leaveToDirectory()
    }

    // MARK: Requests

    func handle(
        _ request: MediaRequest, from participant: Participant, at now: Instant
    ) -> ServerReply {
        var entry = own[participant.id] ?? Own(page: participant.page)
        guard entry.allowance.take(at: now) else { return .refused(.tooFast) }
        own[participant.id] = entry
        do throws(MediaRefusal) {
            switch request {
            case .publish(let request): return .answer(try publish(request, participant))
            case .subscribe(let request): return .answer(try subscribe(request, participant))
            case .view(let wishes): view(wishes, participant.id)
            }
            return .done
        } catch {
            switch error {
            case .unavailable: return .refused(.mediaUnavailable)
            case .ended: return .refused(.mediaEnded)
            case .malformed(let why), .offer(let why):
                return .refused(.invalidOffer, message: "The offer cannot be used: \(why).")
            }
        }
    }

    private func publish(
        _ request: PublishRequest, _ participant: Participant
    ) throws(MediaRefusal) -> String {
        var sources: [ShortName: MediaSource] = [:]
        for track in request.tracks {
            guard let mid = ShortName(track.section.rawValue) else { continue }
            sources[mid] = track.source
        }
        defer { enforce(participant.id) }
        if let known = try known(own[participant.id]?.publish, request.connection, participant.id) {
            return try known.answer(request.offer, sources: sources)
        }
        var offer = MediaRoom.Request(
            party: MediaParty(participant.id), role: .publish, offer: request.offer)
        offer.sources = sources
        offer.isIn = own[participant.id]?.isIn == true
        let connection = try room.connect(offer)
        own[participant.id]?.publish = Named(name: request.connection, connection: connection)
        listen(to: connection, request.connection, participant.id)
        return connection.answer
    }

    private func subscribe(
        _ request: SubscribeRequest, _ participant: Participant
    ) throws(MediaRefusal) -> String {
        if let known = try known(own[participant.id]?.subscribe, request.connection, participant.id) {
            let answer = try known.answer(request.offer)
            known.view(wishes(of: participant.id))
            return answer
        }
        var offer = MediaRoom.Request(
            party: MediaParty(participant.id), role: .subscribe, offer: request.offer)
        offer.choosesAudio = true
        offer.isIn = own[participant.id]?.isIn == true
        offer.limits = SlotLimits(audio: settings.audioSlots, video: settings.videoSlots)
        let connection = try room.connect(offer)
        own[participant.id]?.subscribe = Named(name: request.connection, connection: connection)
        listen(to: connection, request.connection, participant.id)
        connection.view(wishes(of: participant.id))
        return connection.answer
    }

    /// The connection that the page means, `nil` when it means a new one, which takes the place of `current`.
    private func known(
        _ current: Named?, _ name: MediaConnectionID, _ participant: ParticipantID
    ) throws(MediaRefusal) -> MediaConnection? {
        if own[participant]?.ended.contains(name) == true { throw .ended }
        guard let current else { return nil }
        if current.name == name { return current.connection }
        current.connection.close()
        noteEnd(of: current.name, participant)
        return nil
    }

    private static let rememberedEnds = 16

    private func noteEnd(of name: MediaConnectionID, _ participant: ParticipantID) {
        if own[participant]?.publish?.name == name { own[participant]?.publish = nil }
        if own[participant]?.subscribe?.name == name { own[participant]?.subscribe = nil }
        own[participant]?.ended.append(name)
        if let count = own[participant]?.ended.count, count > Self.rememberedEnds {
            own[participant]?.ended.removeFirst(count - Self.rememberedEnds)
        }
    }

    // MARK: What is seen

    private func view(_ wishes: [MeetingProtocol.SlotWish], _ participant: ParticipantID) {
        own[participant]?.wishes = wishes
        own[participant]?.subscribe?.connection.view(self.wishes(of: participant))
    }

    private func wishes(of participant: ParticipantID) -> [MediaWish] {
        var wishes: [MediaWish] = []
        for wish in own[participant]?.wishes ?? [] {
            guard let mid = ShortName(wish.section.rawValue), let picture = wish.picture else { continue }
            wishes.append(
                MediaWish(
                    section: mid, party: party(of: picture.track.participant),
                    source: picture.track.source,
                    width: UInt16(clamping: picture.width), height: UInt16(clamping: picture.height),
                    priority: UInt8(clamping: picture.priority)))
        }
        return wishes
    }

    // MARK: What is sent

    /// A seat was taken or changed: what its participant says it sends is what may pass.
    func update(_ participant: Participant) {
        let isSame = states[participant.id] == participant.media
        if isSame, own[participant.id]?.page ?? participant.page == participant.page { return }
        states[participant.id] = participant.media
        if let page = own[participant.id]?.page, page != participant.page {
            // The page that had them is gone.
            leave(participant.id)
            states[participant.id] = participant.media
        }
        enforce(participant.id)
    }

    private func enforce(_ participant: ParticipantID) {
        guard own[participant]?.publish != nil || streams[participant] != nil else { return }
        let state = states[participant] ?? MediaState()
        room.enforce({ source in state.has(source) }, for: party(of: participant))
    }

    // MARK: Those who publish by WHIP

    /// Who publishes by WHIP in this meeting.
    var publishers: [(party: MediaParty, sources: [MediaSource])] {
        room.publishers.filter { $0.party.publisher != nil }
    }

    /// These have seats.
    func setStreams(_ streams: [ParticipantID: MediaParty]) {
        guard !streams.isEmpty || !self.streams.isEmpty else { return }
        let before = self.streams
        self.streams = streams
        for participant in streams.keys { enforce(participant) }
        guard before != streams else { return }
        for (participant, entry) in own where !entry.wishes.isEmpty {
            entry.subscribe?.connection.view(wishes(of: participant))
        }
    }

    private func party(of participant: ParticipantID) -> MediaParty {
        streams[participant] ?? MediaParty(participant)
    }

    /// `nil` for those who have no seat.
    private func participant(_ party: MediaParty) -> ParticipantID? {
        guard party.publisher != nil else { return ParticipantID(party.name) }
        return streams.first { $0.value == party }?.key
    }

    /// Somebody has no seat any more, or another page.
    func leave(_ participant: ParticipantID) {
        states[participant] = nil
        guard own.removeValue(forKey: participant) != nil else { return }
        room.closeAll(of: MediaParty(participant))
    }

    /// Everybody who has media here.
    var participants: [ParticipantID] { Array(Set(own.keys).union(states.keys)) }

    // MARK: What is told

    private func listen(
        to connection: MediaConnection, _ name: MediaConnectionID, _ participant: ParticipantID
    ) {
        connection.listener = { [weak self] connection, event in
            self?.take(event, connection, name, participant)
        }
    }

    private func take(
        _ event: MediaEvent, _ connection: MediaConnection, _ name: MediaConnectionID,
        _ participant: ParticipantID
    ) {
        switch event {
        case .secured, .load: break
        case .ended(_, let end):
            noteEnd(of: name, participant)
            guard let reason = end.reason else { return }
            owner.mediaTells(.mediaEnded(name, reason), to: participant)
        case .forwarding(.filled(_, let mid, let publication)):
            let track = publication.flatMap { self.track(of: $0) }
            own[participant]?.slots[MediaSectionID(mid.description)] = .some(track)
            flushLater()
        case .forwarding(.wanted(let publication, let encodings)):
            guard let (mid, names) = connection.section(of: publication) else { return }
            let watched = names.enumerated().filter { encodings & 1 << UInt8($0.offset & 7) != 0 }
            own[participant]?.watched[MediaSectionID(mid.description)] = watched.map {
                EncodingID($0.element?.description ?? "")
            }
            own[participant]?.tellsWatched = true
            flushLater()
        case .forwarding: break
        }
    }

    private func track(of publication: PublicationID) -> MediaTrack? {
        guard let origin = room.origin(of: publication), let participant = participant(origin.party) else {
            return nil
        }
        return MediaTrack(participant, origin.source)
    }

    private func flushLater() {
        guard !willFlush else { return }
        willFlush = true
        owner.mediaFlushesLater()
    }

    /// Tells everybody what has changed for them.
    func flush() {
        willFlush = false
        for (participant, entry) in own {
            if !entry.slots.isEmpty {
                let contents = entry.slots.sorted { $0.key.rawValue < $1.key.rawValue }
                    .map { SlotContent($0.key, $0.value) }
                owner.mediaTells(.slots(contents), to: participant)
                own[participant]?.slots = [:]
            }
            if entry.tellsWatched {
                let tracks = entry.watched.sorted { $0.key.rawValue < $1.key.rawValue }
                    .map { WatchedTrack($0.key, $0.value) }
                owner.mediaTells(.layers(tracks), to: participant)
                own[participant]?.tellsWatched = false
            }
        }
    }

    private func speak(_ parties: [MediaParty]) {
        let speaking = parties.compactMap { participant($0) }
        owner.mediaTellsAll(.speakers(dominant: speaking.first, speaking: speaking))
    }
}

/// How many slots a participant may have.
struct MediaRoomSettings: Sendable {
    var audioSlots: Int
    var videoSlots: Int
}

extension MediaState {
    /// Whether the participant says that it sends this.
    func has(_ source: MediaSource) -> Bool {
        switch source {
        case .microphone: microphone
        case .camera: camera
        case .screen, .screenSound: screen
        }
    }
}

extension MediaLoadLevel {
    /// As pages are told.
    var told: MediaLoad {
        switch self {
        case .normal: .normal
        case .reduced: .reduced
        case .soundOnly: .soundOnly
        }
    }
}

extension MediaEnd {
    /// As pages are told; `nil` when they know already.
    var reason: MediaEndReason? {
        switch self {
        case .neverConnected, .consentExpired: .lost
        case .handshakeFailed: .handshakeFailed
        case .closedByPeer: nil
        }
    }
}
