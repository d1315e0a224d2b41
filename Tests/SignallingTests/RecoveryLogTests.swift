// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Signalling
import TestKit
import Testing

typealias Log = RecoveryLog<String, String>

extension RecoveryID: ExpressibleByStringLiteral {
    init(stringLiteral text: String) { self.init(rawValue: text) }
}

extension Log {
    static func small(_ change: (inout Settings) -> Void = { _ in }) -> Log {
        var settings = Settings()
        settings.maxDisconnection = .milliseconds(1000)
        settings.retention = .milliseconds(2000)
        change(&settings)
        return Log(origin: "a", settings: settings)
    }

    @discardableResult
    mutating func log(
        _ packet: String, to rooms: [String] = [], except: [String] = [], at now: Instant = 0
    ) -> RecoveryOffset {
        let offset = makeOffset()
        append(packet, offset: offset, bytes: packet.utf8.count, rooms: rooms, except: except, at: now)
        return offset
    }

    mutating func suspend(_ id: RecoveryID, rooms: Set<String> = [], at now: Instant = 0) {
        suspend(id, rooms: rooms, state: "state of \(id.rawValue)", at: now)
    }

    /// What the client missed; `nil` when the session does not come back.
    mutating func missed(_ id: RecoveryID, after offset: RecoveryOffset?, at now: Instant = 0) -> [String]? {
        guard case .restored(let restored) = restore(id, after: offset, as: id, at: now) else { return nil }
        return restored.missed
    }

    /// How a request for the session is answered, in a word.
    mutating func answer(_ id: RecoveryID, after offset: RecoveryOffset?, at now: Instant = 0) -> String {
        switch restore(id, after: offset, as: id, at: now) {
        case .unknown: "unknown"
        case .live(let socket): "live \(socket)"
        case .incomplete(let state): "incomplete \(state)"
        case .restored: "restored"
        }
    }
}

@Suite("Recovery log: what is replayed")
struct RecoveryReplayTests {
    @Test("gives back the socket, its rooms and state, and what came behind the offset")
    func restores() throws {
        var log = Log.small()
        log.register("p", socket: "s")
        let seen = log.log("1")
        log.log("2")
        log.suspend("p", rooms: ["r"])
        log.log("3")
        guard case .restored(let restored) = log.restore("p", after: seen, as: "p", at: 10) else {
            Issue.record("not restored")
            return
        }
        #expect(restored.socket == "s")
        #expect(restored.rooms == ["r"])
        #expect(restored.state == "state of p")
        #expect(restored.missed == ["2", "3"])
        #expect(log.liveCount == 1)
    }

    @Test("replays what its rooms got, and not what left one of them out")
    func rooms() {
        var log = Log.small()
        log.register("p", socket: "s")
        log.suspend("p", rooms: ["r", "q"])
        log.log("all")
        log.log("r", to: ["r"])
        log.log("other", to: ["x", "y"])
        log.log("both", to: ["r", "q"])
        log.log("me", to: ["s"])
        log.log("all but me", except: ["s"])
        log.log("r but q", to: ["r"], except: ["q"])
        log.log("all but x", except: ["x"])
        #expect(log.missed("p", after: nil) == ["all", "r", "both", "me", "all but x"])
    }

    @Test("a client that got no event yet is given all since it connected")
    func noOffset() {
        var log = Log.small()
        log.register("other", socket: "o")
        log.log("before")
        log.register("p", socket: "s")
        log.log("1")
        log.suspend("p")
        log.log("2")
        #expect(log.missed("p", after: nil) == ["1", "2"])
    }

    @Test("an offset from before the session is no reason to replay what others got then")
    func olderSession() {
        var log = Log.small()
        log.register("other", socket: "o")
        let old = log.log("0")
        log.log("before")
        log.register("p", socket: "s")
        log.log("1")
        log.suspend("p")
        #expect(log.missed("p", after: old) == ["1"])
    }

    @Test("events without an offset change nothing: the client's last offset still counts")
    func volatile() {
        var log = Log.small()
        log.register("p", socket: "s")
        let seen = log.log("1")
        // Volatile events are sent here; nobody tells the log.
        let next = log.log("2")
        #expect(seen.rawValue == "a1")
        #expect(next.rawValue == "a2")
        log.suspend("p")
        #expect(log.missed("p", after: seen) == ["2"])
    }

    @Test("a client whose offset has left the log is given what came behind its last heartbeat")
    func quietConnection() {
        var log = Log.small { $0.maxPackets = 3 }
        log.register("p", socket: "s")
        let seen = log.log("mine", to: ["s"])
        for number in 1...10 { log.log("busy \(number)", to: ["x"]) }
        log.confirm("p")
        log.confirm("p")
        log.log("lost", to: ["s"])
        log.suspend("p")
        log.log("later", to: ["s"])
        #expect(log.missed("p", after: seen) == ["lost", "later"])
    }

    @Test("a pong vouches for what was sent before the pong ahead of it, and no more")
    func confirmation() {
        var log = Log.small()
        log.register("p", socket: "s")
        log.log("1")
        log.confirm("p")
        // "1" was sent before this ping, but perhaps behind the one whose pong this was.
        log.log("2")
        log.suspend("p")
        #expect(log.missed("p", after: nil) == ["1", "2"])

        log.register("q", socket: "t")
        log.log("3")
        log.confirm("q")
        log.log("4")
        log.confirm("q")
        log.suspend("q")
        #expect(log.missed("q", after: nil) == ["4"])
    }

    @Test("what other rooms got may leave the log without harm to a quiet client that is away")
    func othersOverflow() {
        var log = Log.small { $0.maxPackets = 3 }
        log.register("p", socket: "s")
        log.suspend("p", rooms: ["quiet"])
        for number in 1...10 { log.log("busy \(number)", to: ["busy"]) }
        log.log("1", to: ["quiet"])
        #expect(log.missed("p", after: nil) == ["1"])
    }

    @Test("a client is told apart when something it missed is no longer kept, and its session ends")
    func incomplete() {
        for rooms in [[], ["quiet"], ["s"]] {
            var log = Log.small { $0.maxPackets = 3 }
            log.register("p", socket: "s")
            log.suspend("p", rooms: ["quiet"])
            log.log("1", to: rooms)
            for number in 1...3 { log.log("busy \(number)", to: ["busy"]) }
            #expect(log.answer("p", after: nil) == "incomplete state of p")
            #expect(log.answer("p", after: nil) == "unknown")
        }
    }
}

@Suite("Recovery log: whose session it is")
struct RecoverySessionTests {
    @Test("a session that looks alive is taken over by suspending it first")
    func takeover() {
        var log = Log.small()
        log.register("p", socket: "s")
        let seen = log.log("1")
        log.log("2")
        #expect(log.answer("p", after: seen) == "live s")
        log.suspend("p")
        #expect(log.missed("p", after: seen) == ["2"])
    }

    @Test("a session that was left cannot be restored, with whatever offset")
    func left() {
        var log = Log.small()
        log.register("p", socket: "s")
        let seen = log.log("1")
        log.suspend("p")
        #expect(log.missed("p", after: seen) == [])
        log.forget("p")
        #expect(log.answer("p", after: seen) == "unknown")
        #expect(log.liveCount == 0)
    }

    @Test("a new name counts at once, the old one until the client has proved to know the new")
    func rotation() {
        var log = Log.small()
        log.register("p", socket: "s")
        log.suspend("p")
        log.log("1")
        _ = log.restore("p", after: nil, as: "q", at: 0)
        log.suspend("q")
        // The answer got lost: the client asks under the name it knows.
        guard case .restored(let again) = log.restore("p", after: nil, as: "r", at: 0) else {
            Issue.record("not restored")
            return
        }
        #expect(again.missed == ["1"])
        log.suspend("r")
        #expect(log.missed("p", after: nil) == ["1"])
        log.suspend("p")
        guard case .restored = log.restore("p", after: nil, as: "r", at: 0) else {
            Issue.record("not restored")
            return
        }
        // The first pong may be for a ping that went before the replay.
        log.confirm("r")
        log.confirm("r")
        log.suspend("r")
        #expect(log.answer("p", after: nil) == "unknown")
        #expect(log.answer("q", after: nil) == "unknown")
        #expect(log.missed("r", after: nil) == [])
    }

    @Test("what was replayed is replayed again if it got lost on the way")
    func replayLost() {
        var log = Log.small()
        log.register("p", socket: "s")
        let seen = log.log("1")
        log.suspend("p")
        log.log("2")
        #expect(log.missed("p", after: seen) == ["2"])
        log.suspend("p")
        log.log("3")
        #expect(log.missed("p", after: seen) == ["2", "3"])
    }

    @Test("a client may stay away for so long and no longer, to the nanosecond")
    func expiry() {
        var log = Log.small()
        log.register("p", socket: "s")
        log.suspend("p", at: 100)
        #expect(log.deadline == 1100)
        log.expire(at: Instant(nanoseconds: Instant(1100).nanoseconds - 1))
        #expect(log.suspendedCount == 1)
        log.expire(at: 1100)
        #expect(log.suspendedCount == 0)
        #expect(log.deadline == nil)
        #expect(log.answer("p", after: nil, at: 1100) == "unknown")
    }

    @Test("coming back in time stops the clock, and leaving again starts it anew")
    func restarted() {
        var log = Log.small()
        log.register("p", socket: "s")
        log.suspend("p", at: 0)
        #expect(log.missed("p", after: nil, at: 999) == [])
        log.expire(at: 1500)
        #expect(log.liveCount == 1)
        log.suspend("p", at: 1500)
        #expect(log.missed("p", after: nil, at: 2499) == [])
    }

    @Test("suspending or confirming a session that is not there does nothing")
    func strangers() {
        var log = Log.small()
        log.suspend("p")
        log.confirm("p")
        log.forget("p")
        #expect(log.answer("p", after: nil) == "unknown")
        #expect(log.suspendedCount == 0)
    }
}

@Suite("Recovery log: bounds")
struct RecoveryBoundTests {
    @Test("keeps packets for the retention time, so many, and so many bytes")
    func packets() {
        var log = Log.small {
            $0.maxPackets = 3
            $0.maxBytes = 8
        }
        log.register("p", socket: "s")
        for number in 1...5 { log.log("\(number)", at: 10) }
        #expect(log.packetCount == 3)
        #expect(log.byteCount == 3)
        log.log("1234567", at: 20)
        #expect(log.packetCount == 2)
        #expect(log.byteCount == 8)
        #expect(log.deadline == 2010)
        log.expire(at: 2010)
        #expect(log.packetCount == 1)
        log.expire(at: 2020)
        #expect(log.packetCount == 0)
        #expect(log.byteCount == 0)
    }

    @Test("keeps nothing while there is no session that could ask for it")
    func nobody() {
        var log = Log.small()
        log.log("1")
        #expect(log.packetCount == 0)
        log.register("p", socket: "s")
        log.log("2")
        #expect(log.packetCount == 1)
    }

    @Test("keeps so many sessions that are away, and gives up the oldest first")
    func sessions() {
        var log = Log.small { $0.maxSuspended = 2 }
        for id in ["p", "q", "r"] as [RecoveryID] {
            log.register(id, socket: id.rawValue)
            log.suspend(id)
        }
        #expect(log.suspendedCount == 2)
        #expect(log.answer("p", after: nil) == "unknown")
        #expect(log.missed("q", after: nil) == [])
        #expect(log.missed("r", after: nil) == [])
    }

    @Test("accounts of rooms whose packets left are bounded too, on the safe side")
    func rooms() {
        var log = Log.small { $0.maxPackets = 2 }
        log.register("p", socket: "s")
        log.suspend("p", rooms: ["quiet"])
        for number in 1...20 { log.log("1", to: ["room \(number)"]) }
        #expect(log.answer("p", after: nil) == "incomplete state of p")
    }
}
