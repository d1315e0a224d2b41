// SPDX-License-Identifier: Apache-2.0
import EngineKit
import EventLoops
import JSON
import MeetingProtocol
import Rooms
import ServerConfig
import Storage
import Synchronization
import TLS
import Telemetry
import Testing
import WebServer

@testable import ParleyServer

/// A store whose meetings are read only when the test says so.
private final class SlowStore: MeetingStore {
    private let store = InMemoryMeetingStore()
    private let waiting = Mutex<[@Sendable () -> Void]>([])

    /// Reads what was asked for so far.
    func release() {
        let calls = waiting.withLock { calls in
            defer { calls = [] }
            return calls
        }
        for call in calls { call() }
    }

    func load(_ code: MeetingCode, newest: Int, _ done: @escaping Completion<StoredMeeting?>) {
        waiting.withLock { $0.append { [store] in store.load(code, newest: newest, done) } }
    }

    func create(_ meeting: MeetingRecord, _ done: @escaping Completion<Bool>) { store.create(meeting, done) }
    func append(_ message: ChatMessage, in code: MeetingCode, _ done: @escaping Completion<Void>) {
        store.append(message, in: code, done)
    }
    func touch(_ code: MeetingCode, at time: Int64, _ done: @escaping Completion<Void>) {
        store.touch(code, at: time, done)
    }
    func end(_ code: MeetingCode, at time: Int64, _ done: @escaping Completion<Bool>) {
        store.end(code, at: time, done)
    }
    func recent(limit: Int, _ done: @escaping Completion<[MeetingRecord]>) {
        store.recent(limit: limit, done)
    }
    func sweep(now: Int64, active: Set<MeetingCode>, _ done: @escaping Completion<SweepCounts>) {
        store.sweep(now: now, active: active, done)
    }
    func setting(_ name: String, _ done: @escaping Completion<String?>) { store.setting(name, done) }
    func setSetting(_ name: String, _ value: String?, _ done: @escaping Completion<Void>) {
        store.setSetting(name, value, done)
    }
    func close() { store.close() }
}

@Suite("Room directories") struct RoomDirectoryTests {
    private let store = SlowStore()
    private let shards: ShardSet
    private let loop: EventLoop
    private let code: MeetingCode

    init() throws {
        var config = ServerConfig()
        config.rooms.reconnectGrace = .zero
        var random = SystemRandomSource()
        let secret = random.nextBytes(32)
        let services = Services(
            config: config, log: Log(level: .error, format: .text), store: store,
            seats: SeatTokens(secret: secret), host: HostAccess(secret: secret, random: &random),
            site: .embedded, runID: "run", version: "0", metricsToken: nil, authority: nil)
        loop = try EventLoop.start(name: "test")
        let shard = Shard(index: 0, loop: loop, services: services)
        let set = ShardSet([
            .init(shard: LoopBound(shard, on: loop), web: LoopBound(shard.web, on: loop))
        ])
        set.execute(on: 0) { $0.join(set) }
        shards = set
        code = try #require(MeetingCode("abc-defg-hij"))
        store.create(MeetingRecord(code: code, retention: .day, createdAt: 0)) { _ in }
    }

    /// Lets the shard's loop do everything that is queued, then asks it.
    private func shardValue<Value: Sendable>(_ value: @escaping @Sendable (Shard) -> Value) -> Value {
        blocking { done in shards.execute(on: 0) { done(value($0)) } }
    }

    private func handle(_ inputs: [Room.Input]) {
        shards.execute(on: 0) { [code] shard in
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
        #expect(shardValue { $0.rooms.roomCount } == 1)
        store.release()
        // The seat is lost at once, so the next input finds the room empty.
        handle([.tick])
        handle([.tick])
        #expect(shardValue { $0.rooms.roomCount } == 0)
        loop.stop()
    }

    @Test("a meeting that ends while its room opens lets nobody in")
    func endWhileOpening() {
        let join = Room.Join(name: "Ana", page: PageID("p"))
        handle([.join(SessionID(1), RequestID(1), join, WallClock(milliseconds: 0)), .end(.endedByHost)])
        _ = shardValue { $0.rooms.roomCount }
        store.release()
        #expect(shardValue { $0.rooms.participantCount } == 0)
        #expect(shardValue { $0.rooms.roomCount } == 0)
        loop.stop()
    }
}
