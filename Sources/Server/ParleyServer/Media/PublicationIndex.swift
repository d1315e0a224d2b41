// SPDX-License-Identifier: Apache-2.0
internal import Forwarding
internal import MeetingProtocol

/// Who sends what in a room, found both ways.
struct PublicationIndex {
    struct Origin: Hashable {
        var party: MediaParty
        var source: MediaSource
        var connection: ConnectionID
    }

    private struct Track: Hashable {
        var party: MediaParty
        var source: MediaSource
    }

    private var origins: [PublicationID: Origin] = [:]
    private var publications: [Track: PublicationID] = [:]
    private var ofConnections: [ConnectionID: [PublicationID]] = [:]

    subscript(publication: PublicationID) -> Origin? { origins[publication] }

    subscript(party: MediaParty, source: MediaSource) -> PublicationID? {
        publications[Track(party: party, source: source)]
    }

    /// Everybody who publishes, in the order of their names, with what they send.
    var publishers: [(party: MediaParty, sources: [MediaSource])] {
        Dictionary(grouping: publications.keys, by: \.party)
            .sorted { $0.key.name < $1.key.name }
            .map { party, tracks in (party, tracks.map(\.source)) }
    }

    /// What the connection of a party sends from now on.
    ///
    /// - Returns: Whether that is anything new.
    mutating func set(
        _ connection: ConnectionID, of party: MediaParty,
        _ published: [(source: MediaSource, id: PublicationID)]
    ) -> Bool {
        let before = ofConnections[connection] ?? []
        let isSame =
            before.count == published.count
            && published.allSatisfy { entry in
                origins[entry.id]?.source == entry.source && before.contains(entry.id)
            }
        guard !isSame else { return false }
        remove(connection)
        for (source, id) in published {
            origins[id] = Origin(party: party, source: source, connection: connection)
            publications[Track(party: party, source: source)] = id
        }
        ofConnections[connection] = published.isEmpty ? nil : published.map(\.id)
        return true
    }

    /// - Returns: Whether the connection had sent anything.
    @discardableResult
    mutating func remove(_ connection: ConnectionID) -> Bool {
        guard let ids = ofConnections.removeValue(forKey: connection) else { return false }
        for id in ids {
            guard let origin = origins.removeValue(forKey: id) else { continue }
            let track = Track(party: origin.party, source: origin.source)
            // Another connection of the party may send it by now.
            if publications[track] == id { publications[track] = nil }
        }
        return true
    }
}
