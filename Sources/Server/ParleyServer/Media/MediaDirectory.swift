// SPDX-License-Identifier: Apache-2.0
internal import MediaServer

/// The rooms of media of one shard, by name: codes of meetings, and whatever WHIP may name.
final class MediaDirectory {
    let host: MediaHost
    let worker: MediaWorker
    private var rooms: [String: MediaRoom] = [:]
    private var lastNumber: UInt64 = 0

    init(_ host: MediaHost, _ worker: MediaWorker) {
        self.host = host
        self.worker = worker
    }

    /// The room of this name, if there is one.
    func existing(_ name: String) -> MediaRoom? { rooms[name] }

    /// The room of this name. One that is not used is forgotten again by ``mayBeEmpty(_:)``.
    func room(_ name: String) -> MediaRoom {
        if let room = rooms[name] { return room }
        let room = MediaRoom(name, in: self, worker, host)
        rooms[name] = room
        return room
    }

    /// Forgets a room in which there is nobody.
    func mayBeEmpty(_ room: MediaRoom) {
        guard room.isEmpty, rooms[room.name] === room else { return }
        rooms[room.name] = nil
        room.end()
    }

    func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    var count: Int { rooms.count }
}
