// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit
import Testing

@Suite("Engine.IO sessions: heartbeat")
struct EngineIOHeartbeatTests {
    @Test("pings, and counts the next ping from the pong", arguments: 0..<2)
    func rounds(_ transport: Int) {
        var session = transport == 0 ? Session.polling() : Session.webSocket()
        var now = 0
        for round in 1...3 as ClosedRange<UInt64> {
            if transport == 0 { _ = session.outputs(for: .poll(round), at: .milliseconds(now)) }
            #expect(session.deadline == .milliseconds(now + 300))
            now += 300
            let ping: Session.Output = transport == 0 ? .answer(round, "2") : .control(0, "2")
            #expect(session.outputs(for: .tick, at: .milliseconds(now)) == [ping])
            #expect(session.deadline == .milliseconds(now + 200))
            now += 50
            let pong: Session.Input = transport == 0 ? .post(round + 10, "3") : .frame(0, "3")
            let outputs = session.outputs(for: pong, at: .milliseconds(now))
            #expect(outputs == (transport == 0 ? [.accept(round + 10), .ponged] : [.ponged]))
        }
        #expect(session.deadline == .milliseconds(now + 300))
    }

    @Test("a ping waits for the next poll")
    func queuedPing() {
        var session = Session.polling()
        #expect(session.outputs(for: .tick, at: 300) == [])
        #expect(session.outputs(for: .poll(1), at: 310) == [.answer(1, "2")])
    }

    @Test("no pong in time ends the session, to the nanosecond")
    func timeout() {
        var session = Session.webSocket()
        _ = session.outputs(for: .tick, at: 300)
        let last = Instant(nanoseconds: Instant(500).nanoseconds - 1)
        #expect(session.outputs(for: .tick, at: last) == [])
        #expect(session.outputs(for: .tick, at: 500) == [.cut(0), .closed(.silent)])
        #expect(session.deadline == nil)
    }

    @Test("whatever the client sends counts as life, and the next ping is counted from it")
    func anyPacket() {
        var session = Session.webSocket()
        _ = session.outputs(for: .tick, at: 300)
        #expect(session.outputs(for: .frame(0, "4a"), at: 450) == [.received("a")])
        #expect(session.deadline == 750)
        // The pong to that ping still says that all before it has arrived.
        #expect(session.outputs(for: .frame(0, "3"), at: 460) == [.ponged])
        #expect(session.outputs(for: .frame(0, "3"), at: 461) == [])
        #expect(session.deadline == 750)
    }

    @Test("what a client sends does not put off its ping: it counts on one every interval")
    func pingsComeAnyway() {
        var session = Session.webSocket()
        _ = session.outputs(for: .frame(0, "4a"), at: 299)
        #expect(session.outputs(for: .tick, at: 300) == [.control(0, "2")])
    }

    @Test("the pong to an earlier ping says nothing about what was sent before the latest")
    func overtakenPong() {
        var session = Session.webSocket()
        _ = session.outputs(for: .tick, at: 300)
        _ = session.outputs(for: .frame(0, "4a"), at: 310)
        #expect(session.outputs(for: .tick, at: 610) == [.control(0, "2")])
        #expect(session.outputs(for: .frame(0, "3"), at: 620) == [])
        #expect(session.outputs(for: .frame(0, "3"), at: 630) == [.ponged])
    }

    @Test("a client that posts but does not poll gets one ping in the end, not one for every interval")
    func pingsDoNotPileUp() {
        var session = Session.polling()
        for round in 1...4 as ClosedRange<UInt64> {
            _ = session.outputs(for: .tick, at: .milliseconds(Int(round) * 400 - 100))
            _ = session.outputs(for: .post(round, "4a"), at: .milliseconds(Int(round) * 400))
        }
        #expect(session.outputs(for: .poll(9), at: 1600) == [.answer(9, "2")])
    }

    @Test("a session that nobody opens ends without having pinged anyone")
    func neverOpened() {
        var session = Session.fresh()
        #expect(session.outputs(for: .tick, at: 300) == [.closed(.silent)])
    }

    @Test("a waiting poll is told of the timeout")
    func waitingPoll() {
        var session = Session.polling()
        _ = session.outputs(for: .tick, at: 300)
        _ = session.outputs(for: .poll(1), at: 300)
        _ = session.outputs(for: .poll(2), at: 300)
        #expect(session.outputs(for: .tick, at: 500) == [.answer(2, "1"), .closed(.silent)])
    }

    @Test("a request that comes after the deadline finds the session closed, tick or no tick")
    func lateRequest() {
        var session = Session.polling()
        _ = session.outputs(for: .tick, at: 300)
        #expect(session.outputs(for: .poll(1), at: 500) == [.closed(.silent), .gone(1)])
        session = .polling()
        _ = session.outputs(for: .tick, at: 300)
        #expect(session.outputs(for: .post(1, "3"), at: 501) == [.closed(.silent), .gone(1)])
    }

    @Test("a pong that nobody asked for moves nothing")
    func unsolicited() {
        var session = Session.webSocket()
        _ = session.outputs(for: .frame(0, "3"), at: 200)
        #expect(session.deadline == 300)
    }
}
