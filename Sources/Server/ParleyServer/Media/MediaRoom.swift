// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
internal import EngineKit
internal import Forwarding
internal import ICE
internal import MediaPlans
internal import MediaServer
internal import MeetingProtocol
internal import Negotiation
internal import SDP
internal import TLS

/// The media of one meeting, or of one room of WHIP: who sends what, and who watches it.
///
/// On the shard of the room, whose loop has the forwarder too: everything here is a plain call.
final class MediaRoom {
    let name: String
    let worker: MediaWorker
    private let host: MediaHost
    private unowned let directory: MediaDirectory
    private(set) var id = RoomID?.none
    private var connections: [ConnectionID: MediaConnection] = [:]
    private var ofParties: [MediaParty: [ConnectionID]] = [:]
    private var published = PublicationIndex()
    /// Numbers of parties, for the forwarder.
    private var numbers: [MediaParty: UInt64] = [:]
    /// Called when what is published has changed.
    var onChange: (() -> Void)?
    /// Called when others speak than before, the loudest first.
    var onSpeakers: (([MediaParty]) -> Void)?
    /// Called when the server begins to carry less than it would like to, or no longer does.
    var onLoad: ((MediaLoadLevel) -> Void)?
    /// A meeting keeps the room while somebody is in it.
    var isKept = false
    /// Whom a host has sent away, for as long as there is the room: programs come back by themselves.
    var removed: Set<MediaParty> = []

    init(_ name: String, in directory: MediaDirectory, _ worker: MediaWorker, _ host: MediaHost) {
        self.name = name
        self.worker = worker
        self.host = host
        self.directory = directory
        id = worker.openRoom(of: self)
    }

    /// How an offer is to be answered.
    struct Request {
        var party: MediaParty
        var role: ServerNegotiation.Role
        var offer: String
        /// What sections carry; those that are not named are a microphone or a camera.
        var sources: [ShortName: MediaSource] = [:]
        /// Whether the server chooses who is heard.
        var choosesAudio = false
        var limits = SlotLimits()
        var streams = ServerNegotiation.Streams.separate
        /// The party was let in before: a loop that is busy keeps those it has, with all of their connections.
        var isIn = false
    }

    /// Makes a connection from an offer; ``MediaConnection/answer`` has the answer.
    func connect(_ request: Request) throws(MediaRefusal) -> MediaConnection {
        guard let id else { throw .ended }
        guard request.isIn || worker.admits() else { throw .unavailable }
        let description = try Self.parse(request.offer)
        var random = SystemRandomNumberGenerator()
        var negotiation = ServerNegotiation(
            role: request.role, policy: host.policy, endpoint: host.endpoint, streams: request.streams,
            session: random.next(), cname: Self.cname())
        let negotiated: ServerNegotiation.Negotiated
        do throws(NegotiationError) {
            negotiated = try negotiation.answer(
                description, fresh: freshCredentials(), limits: request.limits, random: &random)
        } catch {
            throw .offer(error.description)
        }
        let options = ConnectionOptions(
            room: id, participant: number(of: request.party), choosesAudio: request.choosesAudio)
        guard let connection = try? worker.open(negotiated.plan.connection, options) else {
            throw .unavailable
        }
        let made = MediaConnection(
            connection, of: request.party, in: self, negotiation, negotiated, sources: request.sources,
            limits: request.limits)
        connections[connection] = made
        ofParties[request.party, default: []].append(connection)
        note(made)
        return made
    }

    static func parse(_ offer: String) throws(MediaRefusal) -> SDPDescription {
        do throws(DecodeError) {
            return try SDPDescription(parsing: offer)
        } catch {
            throw .malformed(error.description)
        }
    }

    /// Chance that says nothing about anybody. RFC 7022 §4.2.
    private static func cname() -> String {
        var random = SystemRandomSource()
        return Base64.urlText(random.nextBytes(12))
    }

    func freshCredentials() -> LocalCredentials {
        var random = SystemRandomSource()
        let fresh = CheckName.credentials(for: worker.number, using: &random)
        return LocalCredentials(ufrag: fresh.ufrag, password: fresh.password)
    }

    private func number(of party: MediaParty) -> UInt64 {
        if let number = numbers[party] { return number }
        let number = directory.nextNumber()
        numbers[party] = number
        return number
    }

    // MARK: What is published

    /// What a party sends, if anything.
    func publication(of party: MediaParty, _ source: MediaSource) -> PublicationID? {
        published[party, source]
    }

    /// Everybody who publishes, in the order of their names, with what they send.
    var publishers: [(party: MediaParty, sources: [MediaSource])] { published.publishers }

    /// Who sends a publication, and as what.
    func origin(of publication: PublicationID) -> PublicationIndex.Origin? { published[publication] }

    /// Lets only that pass which its sender says it sends.
    func enforce(_ isOn: (MediaSource) -> Bool, for party: MediaParty) {
        for connection in connections(of: party) {
            for entry in connection.published { worker.mute(entry.id, !isOn(entry.source)) }
        }
    }

    /// A connection has other publications than before, perhaps.
    func note(_ connection: MediaConnection) {
        let entries = connection.published.map { ($0.source, $0.id) }
        if published.set(connection.id, of: connection.party, entries) { publicationsChanged() }
    }

    /// Gives viewers what they wait for, and takes from them what is gone.
    private func publicationsChanged() {
        for connection in connections.values { connection.publicationsChanged() }
        onChange?()
    }

    // MARK: Ends

    /// The connections of a party.
    func connections(of party: MediaParty) -> [MediaConnection] {
        (ofParties[party] ?? []).compactMap { connections[$0] }
    }

    func close(_ connection: MediaConnection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        worker.close(connection.id)
        forget(connection)
    }

    /// Ends everything a party has here.
    func closeAll(of party: MediaParty) {
        for connection in connections(of: party) { connection.close() }
    }

    private func forget(_ connection: MediaConnection) {
        ofParties[connection.party]?.removeAll { $0 == connection.id }
        if ofParties[connection.party]?.isEmpty != false {
            ofParties[connection.party] = nil
            numbers[connection.party] = nil
        }
        if published.remove(connection.id) { publicationsChanged() }
        directory.mayBeEmpty(self)
    }

    /// A meeting does not keep it any more.
    func leaveToDirectory() { directory.mayBeEmpty(self) }

    var isEmpty: Bool { connections.isEmpty && !isKept }

    /// The room is over.
    func end() {
        onChange = nil
        onSpeakers = nil
        onLoad = nil
        connections = [:]
        if let id { worker.closeRoom(id) }
        id = nil
    }
}

extension MediaRoom: MediaRoomOwner {
    func media(_ event: MediaEvent) {
        switch event {
        case .load(let load): onLoad?(load)
        case .secured(let id): connections[id]?.take(event)
        case .ended(let id, _):
            guard let connection = connections.removeValue(forKey: id) else { return }
            connection.take(event)
            forget(connection)
        case .forwarding(let output):
            switch output {
            case .selected(let id, _), .filled(let id, _, _), .estimate(let id, _):
                connections[id]?.take(event)
            case .started(let publication), .wanted(let publication, _):
                guard let origin = published[publication] else { break }
                connections[origin.connection]?.take(event)
            case .speakers(_, let publications):
                onSpeakers?(publications.compactMap { origin(of: $0)?.party })
            case .pathAdded, .pathRemoved, .lost: break
            }
        }
    }
}
