// SPDX-License-Identifier: Apache-2.0
import EngineKit
import ICE
import NetworkAddresses
import STUN
import Testing

@Suite("IC5: which path the peer nominates")
struct NominationTests {
    let first = LitePeer.first
    let second = LitePeer.second

    @Test("Before a nomination, media take the path that was checked first")
    func firstPath() {
        var peer = LitePeer()
        #expect(peer.visit(first).selected == first)
        #expect(!peer.server.isNominated)
        #expect(peer.visit(second).selected == nil)
        #expect(peer.server.selected == first)
    }

    @Test("A nomination selects its path, and no plain check changes it")
    func regular() {
        var peer = LitePeer()
        peer.visit(first)
        #expect(peer.visit(second, nominating: true).selected == second)
        #expect(peer.server.isNominated)
        #expect(peer.visit(first).selected == nil)
        #expect(peer.server.selected == second)
    }

    @Test("Of paths nominated side by side, the one of the highest priority is selected")
    func aggressive() {
        var peer = LitePeer()
        let (high, low) = (peer.priority, ICEPriority.candidate(.relayed))
        peer.priority = low
        peer.visit(second, nominating: true)
        peer.priority = high
        #expect(peer.visit(first, nominating: true).selected == first)
        peer.priority = low
        #expect(peer.visit(second, nominating: true).selected == nil)
        // Both again and again.
        for _ in 0..<5 {
            peer.priority = high
            peer.visit(first, nominating: true)
            peer.priority = low
            peer.visit(second, nominating: true)
        }
        #expect(peer.server.selected == first)
    }

    @Test("A worse path is taken when the peer insists, for its better one has failed")
    func insisting() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        peer.priority = ICEPriority.candidate(.relayed)
        let request = peer.check(nominating: true)
        #expect(peer.deliver(request, on: second).selected == nil)
        // The same request again is no second opinion.
        #expect(peer.deliver(request, on: second).selected == nil)
        #expect(peer.visit(second, nominating: true).selected == second)
    }

    @Test("Media on a worse path that was nominated settle it at once")
    func mediaFollow() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        peer.priority = ICEPriority.candidate(.relayed)
        peer.visit(second, nominating: true)
        #expect(peer.server.heard(on: second).selected == second)
        #expect(peer.server.heard(on: LitePeer.path("203.0.113.1:1")).selected == nil)
    }

    @Test("A higher number of nomination wins, whatever the priority")
    func renomination() {
        var peer = LitePeer()
        _ = peer.deliver(peer.check { $0.append(.nomination, number: 1) }, on: first)
        peer.priority = ICEPriority.candidate(.relayed)
        let next = peer.check { $0.append(.nomination, number: 2) }
        #expect(peer.deliver(next, on: second).selected == second)
        let late = peer.check { $0.append(.nomination, number: 1) }
        #expect(peer.deliver(late, on: first).selected == nil)
        #expect(peer.server.selected == second)
    }
}

@Suite("IC8: consent, and where the peer is")
struct ConsentTests {
    let first = LitePeer.first
    let second = LitePeer.second

    @Test("Nothing is sent before the first check, and a peer that never comes is given up")
    func neverConnected() {
        var peer = LitePeer()
        #expect(peer.server.selected == nil)
        #expect(peer.server.deadline == Instant.origin.advanced(by: .seconds(30)))
        peer.wait(29.9)
        #expect(peer.server.tick(at: peer.now).loss == nil)
        #expect(peer.waitForDeadline().loss == .neverConnected)
    }

    @Test("Thirty seconds after the last check nothing is sent any more")
    func expiry() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        for _ in 0..<10 {
            peer.wait(25)
            #expect(peer.server.tick(at: peer.now) == ICEReaction())
            peer.visit(first)
        }
        peer.wait(29.9)
        #expect(peer.server.tick(at: peer.now) == ICEReaction())
        let last = peer.waitForDeadline()
        #expect(last.removed == first)
        #expect(last.loss == .consentExpired)
        #expect(peer.server.selected == nil)
    }

    @Test("When only the selected path expires, media take the other one")
    func otherPath() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        peer.wait(20)
        peer.visit(second)
        let reaction = peer.waitForDeadline()
        #expect(reaction.removed == first)
        #expect(reaction.selected == second)
        #expect(reaction.loss == nil)
    }

    @Test("A new address that is nominated with the same priority takes over at once")
    func newAddress() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        let reaction = peer.visit(second, nominating: true)
        #expect(reaction.added == second)
        #expect(reaction.selected == second)
    }

    @Test("A new address of a peer that does not nominate again takes over with the first media from there")
    func newAddressWithoutNomination() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        peer.wait(5)
        #expect(peer.visit(second).selected == nil)
        #expect(peer.server.heard(on: second).selected == second)
        // Late packets on the old path do not move it back.
        #expect(peer.server.heard(on: first).selected == nil)
    }

    @Test("One peer has at most eight paths; the selected one is never pushed out")
    func bounded() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        var known: Set<MediaPath> = [first]
        for port in 7_000..<7_100 {
            peer.wait(0.01)
            let reaction = peer.visit(LitePeer.path("192.0.2.1:\(port)"))
            if let added = reaction.added { known.insert(added) }
            if let removed = reaction.removed { known.remove(removed) }
            #expect(known.count <= ICELite.maxPaths)
        }
        #expect(known.contains(first))
        #expect(peer.server.selected == first)
    }

    @Test("A path whose TCP connection ends is forgotten, and the peer has time to come back")
    func streamEnds() {
        var peer = LitePeer()
        let stream = LitePeer.path("192.0.2.1:5000", stream: 9)
        peer.visit(stream, nominating: true)
        peer.wait(10)
        let reaction = peer.server.forget(stream)
        #expect(reaction.removed == stream)
        #expect(reaction.loss == nil)
        #expect(peer.server.selected == nil)
        #expect(peer.visit(first, nominating: true).selected == first)
    }

    @Test("A clock that stands still or jumps far ahead breaks nothing")
    func clockJumps() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        peer.now = Instant(nanoseconds: .max)
        #expect(peer.server.tick(at: peer.now).loss == .consentExpired)
        #expect(peer.visit(first, nominating: true).selected == first)
    }
}

@Suite("IC9: restart")
struct RestartTests {
    let first = LitePeer.first
    let second = LitePeer.second

    @Test("Media stay on the old path until one is nominated with the new credentials")
    func keepsMedia() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        let old = peer.credentials
        var random = SeededRandomSource(seed: 9)
        let new = ICECredentials(using: &random)
        #expect(peer.server.restart(new) == nil)
        #expect(peer.visit(first, nominating: true).answer == .success)
        peer.credentials = new
        peer.priority = ICEPriority.candidate(.relayed)
        #expect(peer.visit(second).selected == nil)
        #expect(peer.server.selected == first)
        let done = peer.visit(second, nominating: true)
        #expect(done.selected == second)
        #expect(done.retiredKey == old.key)
        peer.credentials = old
        #expect(peer.visit(first).answer == .dropped(.wrongName))
    }

    @Test("A restart on the same path is complete with its nomination")
    func samePath() {
        var peer = LitePeer()
        peer.visit(first, nominating: true)
        let old = peer.credentials
        var random = SeededRandomSource(seed: 9)
        peer.credentials = ICECredentials(using: &random)
        _ = peer.server.restart(peer.credentials)
        let done = peer.visit(first, nominating: true)
        #expect(done.retiredKey == old.key)
        #expect(done.selected == nil)
        #expect(peer.server.selected == first)
    }

    @Test("A second restart makes the credentials before the first one invalid")
    func twice() {
        var peer = LitePeer()
        let oldest = peer.credentials
        var random = SeededRandomSource(seed: 9)
        #expect(peer.server.restart(ICECredentials(using: &random)) == nil)
        #expect(peer.server.restart(ICECredentials(using: &random)) == oldest.key)
        #expect(peer.visit(first).answer == .dropped(.wrongName))
    }
}
