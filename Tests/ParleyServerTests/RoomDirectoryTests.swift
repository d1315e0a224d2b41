// SPDX-License-Identifier: Apache-2.0
import Dispatch
import EngineKit
import EventLoops
import MeetingProtocol
import Rooms
import ServerConfig
import Storage
import Synchronization
import Testing

@testable import ParleyServer

/// A store that does what it is asked only when the test says so.
private final class SlowStore: Sendable {
    let store: SQLiteStore
    private let gate = DispatchSemaphore(value: 0)

    init() throws { store = try .inMemory() }

    /// Keeps what is asked from now on waiting. Reports come on the store's thread, so one that waits holds it up.
    func hold() { store.setting("") { [gate] _ in gate.wait() } }

    /// Returns when all that was asked so far is done and reported.
    func release() {
        gate.signal()
        blocking { done in store.setting("") { _ in done(()) } }
    }
}

@Suite("Room directories") struct RoomDirectoryTests {
    private let store: SlowStore
    private let single: SingleShard
    private let code: MeetingCode

    init() throws {
        var config = ServerConfig()
        config.rooms.reconnectGrace = .zero
        store = try SlowStore()
        single = try SingleShard(.unstarted(config, store: store.store))
        code = try #require(MeetingCode("abc-defg-hij"))
        store.store.create(MeetingRecord(code: code, retention: .day, createdAt: 0)) { _ in }
        store.hold()
    }

    private func handle(_ inputs: [Room.Input]) {
        single.shards.execute(on: 0) { [code] shard in
            for input in inputs { shard.rooms.handle(input, in: code) }
        }
    }

    @Test("however many requests wait for a slow disk, a session that is gone is not forgotten")
    func slowDisk() {
        let session = SessionID(1)
        let time = WallClock(milliseconds: 0)
        let join = Room.Join(name: "Eve", page: PageID("p"))
        handle([.join(session, RequestID(1), join, time)])
        handle((2...2000).map { .media(session, RequestID($0), MediaState()) })
        handle([.disconnected(session)])
        #expect(single.value { $0.rooms.roomCount } == 1)
        store.release()
        // The seat is lost at once, so the next input finds the room empty.
        handle([.tick])
        handle([.tick])
        #expect(single.value { $0.rooms.roomCount } == 0)
        single.loop.stop()
    }

    @Test("a meeting that ends while its room opens lets nobody in")
    func endWhileOpening() {
        let join = Room.Join(name: "Ana", page: PageID("p"))
        handle([.join(SessionID(1), RequestID(1), join, WallClock(milliseconds: 0)), .end(.endedByHost)])
        _ = single.value { $0.rooms.roomCount }
        store.release()
        #expect(single.value { $0.rooms.participantCount } == 0)
        #expect(single.value { $0.rooms.roomCount } == 0)
        single.loop.stop()
    }
}
