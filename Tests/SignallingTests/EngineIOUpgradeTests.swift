// SPDX-License-Identifier: Apache-2.0
import EngineIO
import EngineKit
import Signalling
import TestKit
import Testing

@Suite("Engine.IO sessions: the upgrade")
struct EngineIOUpgradeTests {
    @Test("probe, waiting poll released, upgrade, then everything on the WebSocket")
    func upgrade() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        #expect(session.outputs(for: .open(2)) == [])
        #expect(session.outputs(for: .frame(2, "2probe")) == [.control(2, "3probe"), .answer(1, "6")])
        #expect(session.outputs(for: .frame(2, "5")) == [])
        #expect(session.outputs(for: .send(["a"])) == [.frame(2, "4a")])
        #expect(session.outputs(for: .frame(2, "4b")) == [.received("b")])
        #expect(session.outputs(for: .poll(3)) == [.moved(3)])
        #expect(session.outputs(for: .post(4, "4c")) == [.moved(4)])
        #expect(session.outputs(for: .open(5)) == [.cut(5)])
        #expect(session.deadline == 300)
    }

    @Test("every poll while upgrading is answered at once, with messages if there are any")
    func pollsWhileUpgrading() {
        var session = Session.upgrading()
        #expect(session.outputs(for: .poll(1)) == [.answer(1, "6")])
        #expect(session.outputs(for: .poll(2)) == [.answer(2, "6")])
        #expect(session.outputs(for: .send(["a"])) == [])
        #expect(session.outputs(for: .poll(3)) == [.answer(3, "4a")])
        #expect(session.outputs(for: .post(4, "4b")) == [.accept(4), .received("b")])
    }

    @Test("before the probe a poll waits as ever")
    func beforeProbe() {
        var session = Session.polling()
        _ = session.outputs(for: .open(1))
        #expect(session.outputs(for: .poll(2)) == [])
        #expect(session.outputs(for: .send(["a"])) == [.answer(2, "4a")])
    }

    @Test("what was queued while upgrading leaves on the WebSocket, in order and first")
    func queued() {
        var session = Session.upgrading()
        _ = session.outputs(for: .send(["a", .binary([1])]))
        _ = session.outputs(for: .send(["b"]))
        #expect(
            session.outputs(for: .frame(1, "5")) == [
                .frame(1, "4a"), .frame(1, .binary([1])), .frame(1, "4b"),
            ])
    }

    @Test("an upgrade without a probe is taken, and releases the waiting poll")
    func withoutProbe() {
        var session = Session.polling()
        _ = session.outputs(for: .poll(1))
        _ = session.outputs(for: .open(2))
        #expect(session.outputs(for: .frame(2, "5")) == [.answer(1, "6")])
        #expect(session.outputs(for: .send(["a"])) == [.frame(2, "4a")])
    }

    @Test(
        "anything else on the new WebSocket closes it alone",
        arguments: ["hello", "2", "4a", "1", "6", .binary([1])] as [EngineIOMessage])
    func wrongFirstFrame(_ message: EngineIOMessage) {
        var session = Session.polling()
        _ = session.outputs(for: .open(1))
        #expect(session.outputs(for: .frame(1, message)) == [.cut(1)])
        #expect(session.outputs(for: .frame(1, "5")) == [])
        _ = session.outputs(for: .poll(2))
        #expect(session.outputs(for: .send(["a"])) == [.answer(2, "4a")])
        // Another try may follow.
        _ = session.outputs(for: .open(3))
        #expect(session.outputs(for: .frame(3, "2probe")) == [.control(3, "3probe")])
    }

    @Test("polling goes on when the WebSocket dies while probing")
    func diesWhileProbing() {
        var session = Session.upgrading()
        _ = session.outputs(for: .send(["a"]))
        #expect(session.outputs(for: .lost(1)) == [])
        #expect(session.outputs(for: .poll(2)) == [.answer(2, "4a")])
        #expect(session.outputs(for: .poll(3)) == [])
    }

    @Test("an upgrade that takes too long loses only its WebSocket")
    func timeout() {
        var session = Session.upgrading()
        #expect(session.deadline == 100)
        #expect(session.outputs(for: .tick, at: 100) == [.cut(1)])
        #expect(session.outputs(for: .frame(1, "5"), at: 101) == [])
        #expect(session.outputs(for: .poll(2), at: 101) == [])
        #expect(session.outputs(for: .send(["a"]), at: 101) == [.answer(2, "4a")])
    }

    @Test("a second WebSocket while upgrading is closed, the first goes on")
    func second() {
        var session = Session.upgrading()
        #expect(session.outputs(for: .open(2)) == [.cut(2)])
        #expect(session.outputs(for: .frame(2, "5")) == [])
        _ = session.outputs(for: .frame(1, "5"))
        #expect(session.outputs(for: .send(["a"])) == [.frame(1, "4a")])
    }

    @Test("a close by polling while upgrading closes both")
    func closeWhileUpgrading() {
        var session = Session.upgrading()
        #expect(
            session.outputs(for: .post(2, "1")) == [.accept(2), .cut(1), .closed(.closedByClient)])
    }
}
