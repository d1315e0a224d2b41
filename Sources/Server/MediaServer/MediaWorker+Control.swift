// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
public import Forwarding
internal import ICE
public import MediaPlans
internal import TLS

/// What whoever holds a room asks for. Called on the loop of the worker.
extension MediaWorker {
    // MARK: Rooms and connections

    /// Makes a room, of which `owner` hears until it is closed.
    public func openRoom(of owner: any MediaRoomOwner) -> RoomID {
        let room = forwarder.openRoom()
        owners[room] = owner
        return room
    }

    /// Closes a room and all connections of it, without a word.
    public func closeRoom(_ room: RoomID) {
        for connection in rooms.filter({ $0.value == room }).keys { close(connection) }
        forwarder.closeRoom(room)
        owners[room] = nil
        endTurnLater()
    }

    /// Makes a connection from what an offer and its answer agreed on.
    public func open(
        _ plan: ConnectionPlan, _ options: ConnectionOptions
    ) throws(ForwardingRefusal) -> ConnectionID {
        let connection = try forwarder.open(plan, options, at: loop.now)
        rooms[connection] = options.room
        handshakes[connection.index] = MediaHandshake(connection, plan)
        endTurnLater()
        return connection
    }

    /// Takes new credentials; media stay on their path until the peer has chosen another.
    public func restart(_ connection: ConnectionID, _ plan: ConnectionPlan) throws(ForwardingRefusal) {
        try forwarder.restart(connection, plan, at: loop.now)
        endTurnLater()
    }

    /// Ends a connection and says goodbye. Its owner hears nothing of it.
    public func close(_ connection: ConnectionID) {
        guard rooms.removeValue(forKey: connection) != nil else { return }
        if let association = handshakes[connection.index]?.association {
            association.close()
            if let path = forwarder.path(of: connection) {
                unsafe association.drain { unsafe send($0, to: path) }
            }
        }
        handshakes[connection.index] = nil
        data[connection.index] = nil
        shaking.remove(connection.index)
        for path in paths.removeValue(forKey: connection) ?? [] { outlet.post.announce(path, isMine: false) }
        if publishes.remove(connection) != nil {
            publishers = publishers.filter { $0.value != connection }
        }
        forwarder.close(connection)
        endTurnLater()
    }

    // MARK: What passes

    /// Takes what a connection sends from now on: all its sections each time.
    ///
    /// - Returns: What each section is published as; `nil` for one that is not active.
    public func publish(_ connection: ConnectionID, _ tracks: [TrackPlan]) -> [PublicationID?] {
        defer { endTurnLater() }
        let publications = forwarder.publish(connection, tracks, at: loop.now)
        for publication in publications {
            guard let publication else { continue }
            publishers[publication] = connection
            publishes.insert(connection)
        }
        return publications
    }

    /// Takes what a connection is sent in: all its sections each time.
    public func setSlots(_ connection: ConnectionID, _ slots: [SlotPlan]) {
        forwarder.setSlots(connection, slots, at: loop.now)
        endTurnLater()
    }

    /// Takes what a connection's data channels are from now on; `nil` for none. They begin when the peer does.
    public func setData(_ connection: ConnectionID, _ plan: DataPlan?) {
        guard let handshake = handshakes[connection.index], handshake.connection == connection,
            handshake.data != plan
        else { return }
        handshake.data = plan
        data[connection.index] = nil
    }

    /// Fills slots: the whole wish each time.
    public func view(_ connection: ConnectionID, _ wishes: [SlotWish]) {
        forwarder.view(connection, wishes, at: loop.now)
        endTurnLater()
    }

    public func setTraits(_ publication: PublicationID, _ traits: PublicationTraits) {
        forwarder.setTraits(publication, traits)
    }

    /// Lets nothing of a publication pass, or everything again.
    public func mute(_ publication: PublicationID, _ isMuted: Bool) {
        forwarder.mute(publication, isMuted, at: loop.now)
        endTurnLater()
    }

    // MARK: What happens

    /// Tells owners what the forwarder has to say.
    func pump() {
        while let output = forwarder.poll() {
            switch output {
            case .pathAdded(let connection, let path):
                paths[connection, default: []].append(path)
                outlet.post.announce(path, isMine: true)
            case .pathRemoved(let connection, let path):
                paths[connection]?.removeAll { $0 == path }
                outlet.post.announce(path, isMine: false)
            case .selected(let connection, _):
                beginHandshake(connection)
                tell(.forwarding(output), of: connection)
            case .lost(let connection, let loss):
                end(connection, loss == .neverConnected ? .neverConnected : .consentExpired)
            case .filled(let connection, _, _), .estimate(let connection, _):
                tell(.forwarding(output), of: connection)
            case .started(let publication), .wanted(let publication, _):
                guard let connection = publishers[publication] else { break }
                tell(.forwarding(output), of: connection)
            case .speakers(let room, _): owners[room]?.media(.forwarding(output))
            }
        }
    }

    func tell(_ event: MediaEvent, of connection: ConnectionID) {
        guard let room = rooms[connection] else { return }
        owners[room]?.media(event)
    }

    /// Ends a connection that is over, and tells its owner.
    func end(_ connection: ConnectionID, _ reason: MediaEnd) {
        guard let room = rooms[connection] else { return }
        close(connection)
        counts.ends[reason, default: 0] += 1
        owners[room]?.media(.ended(connection, reason))
    }
}
