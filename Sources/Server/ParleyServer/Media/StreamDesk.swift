// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import MediaPlans
internal import MediaServer
internal import MeetingProtocol
internal import Negotiation
internal import SDP
internal import TLS

/// The sessions of WHIP and WHEP on one shard.
///
/// A session is a connection of a ``MediaRoom`` under a name that nobody can guess. It ends by DELETE, or with its
/// connection: when the other end says so, or is silent for too long.
final class StreamDesk {
    /// One POST and what came of it.
    final class Session {
        let id: String
        let room: String
        let connection: MediaConnection
        let isPublisher: Bool
        /// The digest of what its maker showed; only they may change or end it. `nil` where nobody is asked.
        let owner: [UInt8]?
        /// Counts the restarts of ICE: the entity tag. RFC 9725 §4.3.1.
        fileprivate(set) var generation = 1

        init(
            _ id: String, in room: String, _ connection: MediaConnection, isPublisher: Bool, owner: [UInt8]?
        ) {
            self.id = id
            self.room = room
            self.connection = connection
            self.isPublisher = isPublisher
            self.owner = owner
        }

        var tag: String { "\"\(generation)\"" }
        var location: String { StreamPath.location(room, session: id, isPublisher: isPublisher) }
    }

    /// Why there is no session.
    enum Refusal: Error, Hashable {
        /// Nobody sends there now.
        case nothingToWatch
        /// A host has sent them away.
        case removed
        /// As many as one shard holds.
        case full
        case media(MediaRefusal)
    }

    /// Sessions of a shard, each of which has a connection that the forwarder bounds as well.
    static let maxSessions = 20_000

    private let directory: MediaDirectory
    private var sessions: [String: Session] = [:]
    private var lastViewer: UInt64 = 0

    init(_ directory: MediaDirectory) { self.directory = directory }

    var count: Int { sessions.count }

    func session(_ id: String, in room: String) -> Session? {
        guard let session = sessions[id], session.room == room else { return nil }
        return session
    }

    // MARK: Making sessions

    /// Publishes as `name`. Whoever did so until now is gone: programs that lost their connection come back so.
    func publish(
        _ offer: String, as name: String, in room: String, owner: [UInt8]?
    ) throws(Refusal) -> Session {
        let party = MediaParty(publisher: name)
        guard directory.existing(room)?.removed.contains(party) != true else { throw .removed }
        let media = directory.room(room)
        let former = media.connections(of: party)
        let session = try open(
            MediaRoom.Request(party: party, role: .publish, offer: offer), in: media, isPublisher: true, owner
        )
        for connection in former { end(connection) }
        return session
    }

    /// Watches one publisher, or everybody in the room: one after the other in the sections of the offer, those who
    /// come later in what is left of them.
    func watch(
        _ offer: String, _ name: String?, in room: String, owner: [UInt8]?
    ) throws(Refusal) -> Session {
        guard let media = directory.existing(room) else { throw .nothingToWatch }
        let wanted = name.map(MediaParty.init(publisher:))
        let publishers = media.publishers.filter { wanted ?? $0.party == $0.party }
        guard !publishers.isEmpty else { throw .nothingToWatch }
        lastViewer += 1
        var request = MediaRoom.Request(
            party: MediaParty(viewer: lastViewer), role: .subscribe, offer: offer, streams: .paired)
        if wanted != nil {
            // One stream of which there is no picture needs no section for one.
            let sources = StreamPlaces.Sources(publishers[0].sources)
            request.limits = SlotLimits(
                audio: sources.audio == nil ? 0 : 1, video: sources.video == nil ? 0 : 1)
        }
        let session = try open(request, in: media, isPublisher: false, owner)
        var places = StreamPlaces(session.connection.plan.slots)
        session.connection.view { publishers in
            places.follow(publishers.filter { wanted ?? $0.party == $0.party })
        }
        return session
    }

    private func open(
        _ request: MediaRoom.Request, in media: MediaRoom, isPublisher: Bool, _ owner: [UInt8]?
    ) throws(Refusal) -> Session {
        defer { directory.mayBeEmpty(media) }
        guard sessions.count < Self.maxSessions else { throw .full }
        let connection: MediaConnection
        do throws(MediaRefusal) {
            connection = try media.connect(request)
        } catch {
            throw .media(error)
        }
        var random = SystemRandomSource()
        let session = Session(
            Base64.urlText(random.nextBytes(18)), in: media.name, connection, isPublisher: isPublisher,
            owner: owner)
        sessions[session.id] = session
        let id = session.id
        connection.listener = { [unowned self] _, event in
            if case .ended = event { sessions[id] = nil }
        }
        return session
    }

    // MARK: Changing and ending them

    /// - Returns: The answer to a restart of ICE; `nil` when there was nothing to do.
    func patch(_ session: Session, _ fragment: SDPFragment) throws(Refusal) -> SDPFragment? {
        do throws(MediaRefusal) {
            guard let answer = try session.connection.patch(fragment) else { return nil }
            session.generation += 1
            return answer
        } catch {
            throw .media(error)
        }
    }

    func end(_ session: Session) {
        sessions[session.id] = nil
        session.connection.close()
    }

    /// Ends what somebody publishes, and takes nothing more from them while there are people in the room.
    func remove(_ party: MediaParty, from room: String) {
        guard let media = directory.existing(room) else { return }
        media.removed.insert(party)
        for connection in media.connections(of: party) { end(connection) }
    }

    private func end(_ connection: MediaConnection) {
        guard let session = sessions.values.first(where: { $0.connection === connection }) else {
            return connection.close()
        }
        end(session)
    }
}
