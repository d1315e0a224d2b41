// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import ICE
public import MediaPlans
public import SRTP

extension Forwarder {
    /// Makes a room. What is published in it is its own.
    public mutating func openRoom() -> RoomID {
        let (index, generation) = rooms.insert(Room())
        let id = RoomID(index: index, generation: generation)
        rooms[index]?.value.id = id
        return id
    }

    /// Closes a room with all connections of it.
    public mutating func closeRoom(_ id: RoomID) {
        guard let room = rooms[id.index, id.generation] else { return }
        while let index = room.value.connections.last {
            guard let connection = connections[index] else { break }
            close(connection.value.id)
        }
        rooms.remove(id.index)
    }

    /// Makes a connection from what an offer and its answer agreed on.
    public mutating func open(
        _ plan: ConnectionPlan, _ options: ConnectionOptions, at now: Instant
    ) throws(ForwardingRefusal) -> ConnectionID {
        clock = now
        guard connections.count < settings.maxConnections else { throw .full }
        guard let room = rooms[options.room.index, options.room.generation] else { throw .noSuchRoom }
        guard let own = ICECredentials(ufrag: plan.localUfrag, password: plan.localPassword),
            let key = own.key,
            names[key] == nil
        else { throw .badCredentials }
        let ice = ICELite(own: own, at: now, patience: settings.patience)
        let control = UInt32(truncatingIfNeeded: draw()) | 1
        let placeholder = ConnectionID(index: 0, generation: 0)
        let (index, generation) = connections.insert(
            Connection(placeholder, options, ice, controlSSRC: control))
        let id = ConnectionID(index: index, generation: generation)
        connections[index]?.value.id = id
        room.value.connections.append(index)
        names.insert(index, for: key)
        while timers.count <= Int(index) { timers.append(ConnectionTimer()) }
        timers[Int(index)] = ConnectionTimer()
        schedule(index, at: now)
        return id
    }

    /// Takes new credentials of ours; media stay on their path until the peer has chosen another. RFC 8445 §9.
    public mutating func restart(
        _ id: ConnectionID, _ plan: ConnectionPlan, at now: Instant
    ) throws(ForwardingRefusal) {
        clock = now
        guard let connection = connections[id.index, id.generation] else { throw .noSuchConnection }
        guard let own = ICECredentials(ufrag: plan.localUfrag, password: plan.localPassword),
            let key = own.key
        else { throw .badCredentials }
        // The same names again are no restart.
        if names[key] == id.index { return }
        guard names[key] == nil else { throw .badCredentials }
        if let retired = connection.value.ice.restart(own) { names.remove(retired) }
        names.insert(id.index, for: key)
    }

    /// Takes the keys that a handshake gave, after the peer's certificate was found to be the right one.
    public mutating func secured(
        _ id: ConnectionID, _ keys: SRTPKeys, at now: Instant
    ) throws(ForwardingRefusal) {
        clock = now
        guard let connection = connections[id.index, id.generation] else { throw .noSuchConnection }
        do throws(SRTPKeyFailure) {
            try connection.value.secure(keys, by: ciphers)
        } catch {
            throw .noCipher
        }
        // Whoever watches has to be shown a whole picture first.
        for slot in connection.value.slots { begin(slot) }
        schedule(id.index, at: now)
    }

    /// Where a connection is reached; `nil` before its first check and after its consent has expired.
    public func path(of id: ConnectionID) -> MediaPath? {
        guard let connection = connections[id.index, id.generation] else { return nil }
        return connection.value.path
    }

    /// A TCP connection that was a path has ended.
    public mutating func forget(_ path: MediaPath, at now: Instant) {
        clock = now
        guard let index = paths[PathKey(path: path)], let connection = connections[index] else { return }
        let reaction = connection.value.ice.forget(path)
        apply(reaction, to: index)
    }

    /// Ends a connection: what it publishes is gone for everybody, what it is sent ends.
    public mutating func close(_ id: ConnectionID) {
        guard let connection = connections[id.index, id.generation] else { return }
        for index in connection.value.publications { unpublish(index) }
        for index in connection.value.slots {
            empty(index)
            slots.remove(index)
        }
        let roomIndex = connection.value.options.room.index
        let published = !connection.value.publications.isEmpty
        rooms[roomIndex]?.value.connections.removeAll { $0 == id.index }
        wheel.remove(id.index, slots: &timers)
        // Names and paths: those of the value itself, as whoever made it noted them.
        forgetNames(of: connection.value.ice, index: id.index)
        connections.remove(id.index)
        waiting.removeAll { $0 == id.index }
        if published { assignAudio(roomIndex) }
    }

    private mutating func forgetNames(of ice: ICELite, index: UInt32) {
        if let key = ice.own.key, names[key] == index { names.remove(key) }
        if let former = ice.former, let key = former.key, names[key] == index { names.remove(key) }
        var ice = copy ice
        // Each path that it lets go is one that leads here.
        while let path = ice.selected {
            let reaction = ice.forget(path)
            guard let removed = reaction.removed else { break }
            if paths[PathKey(path: removed)] == index { paths.remove(PathKey(path: removed)) }
        }
    }

    /// Does what an ICE agent wants done.
    mutating func apply(_ reaction: ICEReaction, to index: UInt32) {
        guard let connection = connections[index] else { return }
        let id = connection.value.id
        if let path = reaction.removed, paths[PathKey(path: path)] == index {
            paths.remove(PathKey(path: path))
            outputs.append(.pathRemoved(id, path))
        }
        if let path = reaction.added {
            if let other = paths[PathKey(path: path)], other != index,
                let former = connections[other]
            {
                // The same address has shown to be somebody else's by now.
                let consequence = former.value.ice.forget(path)
                apply(consequence, to: other)
            }
            paths.insert(index, for: PathKey(path: path))
            outputs.append(.pathAdded(id, path))
        }
        if let key = reaction.retiredKey, names[key] == index { names.remove(key) }
        let selected = connection.value.ice.selected
        if selected != connection.value.path {
            connection.value.path = selected
            if let selected { outputs.append(.selected(id, selected)) }
        }
        if let loss = reaction.loss, !connection.value.isLost {
            connection.value.isLost = true
            outputs.append(.lost(id, loss))
        }
    }
}
