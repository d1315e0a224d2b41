// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import MediaPlans

extension Forwarder {
    /// Fills the audio slots of everybody in a room who leaves the choice to the server: with everybody as long as there
    /// are slots enough, else with what is always heard and with who is loudest.
    mutating func assignAudio(_ index: UInt32) {
        guard let room = rooms[index] else { return }
        rank(room)
        for place in room.value.connections.indices {
            guard let connection = connections[room.value.connections[place]],
                connection.value.options.choosesAudio
            else { continue }
            assignAudio(connection, room)
        }
    }

    /// Orders what can be heard: what always is first, then by loudness, then as it came.
    private mutating func rank(_ room: Place<Room>) {
        room.value.audible.removeAll(keepingCapacity: true)
        for index in room.value.publications {
            guard let publication = publications[index], publication.value.kind == .audio,
                publication.value.isActive, !publication.value.isMuted
            else { continue }
            room.value.audible.append(index)
        }
        // Few, and nearly in order: insertion keeps those that are equal as they are.
        for end in room.value.audible.indices.dropFirst() {
            var place = end
            while place > 0, isHeardBefore(room.value.audible[place], room.value.audible[place - 1], room) {
                room.value.audible.swapAt(place, place - 1)
                place -= 1
            }
        }
    }

    private func isHeardBefore(_ one: UInt32, _ other: UInt32, _ room: Place<Room>) -> Bool {
        guard let first = publications[one], let second = publications[other] else { return false }
        if first.value.traits.isAlwaysHeard != second.value.traits.isAlwaysHeard {
            return first.value.traits.isAlwaysHeard
        }
        return room.value.speakers.rank(of: one) < room.value.speakers.rank(of: other)
    }

    private mutating func assignAudio(_ connection: Place<Connection<Ciphers>>, _ room: Place<Room>) {
        var capacity = 0
        for index in connection.value.slots {
            guard let slot = slots[index], slot.value.kind == .audio, slot.value.isActive else { continue }
            capacity += 1
        }
        capacity = min(capacity, settings.loudest)
        // Who is heard already keeps its slot for as long as it is among those that are chosen.
        var chosen = 0
        selection.removeAll(keepingCapacity: true)
        for index in room.value.audible where chosen < capacity {
            guard let publication = publications[index],
                publication.value.participant != connection.value.options.participant
            else { continue }
            selection.append(index)
            chosen += 1
        }
        for place in connection.value.slots.indices {
            guard let slot = slots[connection.value.slots[place]], slot.value.kind == .audio else { continue }
            if let kept = selection.firstIndex(of: slot.value.publication) {
                selection.remove(at: kept)
            } else if slot.value.publication != nobody {
                released.append(connection.value.slots[place])
            }
        }
        fillReleased(connection)
    }

    /// Gives those who are new the slots of those who are out, then those that are empty.
    private mutating func fillReleased(_ connection: Place<Connection<Ciphers>>) {
        for slot in released { fill(slot, with: selection.isEmpty ? nobody : selection.removeFirst()) }
        released.removeAll(keepingCapacity: true)
        for place in connection.value.slots.indices where !selection.isEmpty {
            let index = connection.value.slots[place]
            guard let slot = slots[index], slot.value.kind == .audio, slot.value.isActive,
                slot.value.publication == nobody
            else { continue }
            fill(index, with: selection.removeFirst())
        }
    }
}

extension Forwarder {
    /// Notes how loud a packet is, and now and then decides who speaks.
    @inline(__always)
    mutating func hear(_ record: PacketRecord, _ publication: Place<Publication>, at now: Instant) {
        guard record.hasAudioLevel else { return }
        publication.value.loudness.note(
            record.audioLevel & 0x7F, isVoice: record.audioLevel & 0x80 != 0, at: now)
        guard let room = rooms[publication.value.room], room.value.speakers.next <= now else { return }
        decideSpeakers(room, at: now)
    }

    private mutating func decideSpeakers(_ room: Place<Room>, at now: Instant) {
        let before = room.value.speakers.count
        room.value.speakers.begin(at: now)
        for index in room.value.publications {
            guard let publication = publications[index], publication.value.kind == .audio,
                !publication.value.isMuted, !publication.value.traits.isAlwaysHeard
            else { continue }
            room.value.speakers.note(index, publication.value.loudness.value(at: now), at: now)
        }
        guard room.value.speakers.finish(count: before) else { return }
        assignAudio(room.value.id.index)
        var ids: [PublicationID] = []
        for index in room.value.speakers.order {
            if let publication = publications[index] { ids.append(publication.value.id) }
        }
        outputs.append(.speakers(room.value.id, ids))
    }
}
