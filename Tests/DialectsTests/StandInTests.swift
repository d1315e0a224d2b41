// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("Stand-ins")
struct StandInTests {
    private func outputs(of standIn: inout some StandIn, _ input: StandInInput) -> [StandInOutput] {
        standIn.handle(input)
        var outputs: [StandInOutput] = []
        while let output = standIn.poll() { outputs.append(output) }
        return outputs
    }

    @Test("in noom-video, who was there first is asked to call whoever comes")
    func callsInNoom() {
        var standIn = NoomVideoStandIn()
        let guest = GuestKey("other")
        #expect(
            outputs(of: &standIn, .entered(socketID: "s", room: "tea", name: "Ana"))
                == [.send("join_room", ["tea"], wantsAck: false)])
        #expect(
            outputs(of: &standIn, .told("welcome", []))
                == [.guestCame(guest, name: "Guest"), .signal(guest, callSignal)])
        #expect(
            outputs(of: &standIn, .signalled(guest, ["description": offer]))
                == [.send("offer", [offer, "tea"], wantsAck: false)])
        #expect(
            outputs(of: &standIn, .told("answer", [answer])) == [.signal(guest, ["description": answer])])
        #expect(outputs(of: &standIn, .told("peer_left", ["tea"])) == [.guestLeft(guest)])
    }

    @Test("in noom-video, who comes answers, and candidates go out in both spellings")
    func answersInNoom() {
        var standIn = NoomVideoStandIn()
        let guest = GuestKey("other")
        _ = outputs(of: &standIn, .entered(socketID: "s", room: "tea", name: "Ana"))
        #expect(
            outputs(of: &standIn, .told("offer", [offer]))
                == [.guestCame(guest, name: "Guest"), .signal(guest, ["description": offer])])
        #expect(
            outputs(of: &standIn, .signalled(guest, ["description": answer]))
                == [.send("answer", [answer, "tea"], wantsAck: false)])
        #expect(
            outputs(of: &standIn, .signalled(guest, ["candidate": .null]))
                == [
                    .send("ice", [.null, "tea"], wantsAck: false),
                    .send("icecandidate", [.null, "tea"], wantsAck: false),
                ])
        #expect(
            outputs(of: &standIn, .told("icecandidate", [candidate]))
                == [.signal(guest, ["candidate": candidate])])
    }

    @Test("in devameet, members call whoever comes, and are called when they come themselves")
    func meetsInDevameet() {
        var standIn = DevameetStandIn()
        let guest = GuestKey("c")
        #expect(
            outputs(of: &standIn, .entered(socketID: "s", room: "abc-defg-hij", name: "Ana"))
                == [.send("join", [["link": "abc-defg-hij", "userId": "s"]], wantsAck: false)])
        let list: JSONValue = [
            "users": [["clientId": "s", "name": "Ana"], ["clientId": "c", "name": "Bo", "muted": true]]
        ]
        #expect(
            outputs(of: &standIn, .told("abc-defg-hij-update-user-list", [list]))
                == [.guestCame(guest, name: "Bo"), .guestMuted(guest, true)])
        #expect(
            outputs(of: &standIn, .told("abc-defg-hij-update-user-list", [list])) == [], "nothing is new")
        #expect(
            outputs(of: &standIn, .told("abc-defg-hij-add-user", [["user": "c"]]))
                == [.signal(guest, callSignal)])
        #expect(
            outputs(of: &standIn, .signalled(guest, ["description": offer]))
                == [
                    .send(
                        "call-user", [["offer": offer, "to": "c", "link": "abc-defg-hij"]], wantsAck: false)
                ])
        #expect(
            outputs(of: &standIn, .told("call-made", [["offer": offer, "socket": "c"]]))
                == [.signal(guest, ["description": offer])])
        #expect(
            outputs(of: &standIn, .signalled(guest, ["candidate": candidate])) == [],
            "candidates are in the descriptions")
        #expect(
            outputs(of: &standIn, .told("abc-defg-hij-remove-user", [["socketId": "c"]]))
                == [.guestLeft(guest)])
    }

    @Test("in bunch, the calls of one person are answered, others are not")
    func answersOnTheBoard() {
        var standIn = BunchStandIn()
        let rob = GuestKey("Rob")
        let record: JSONValue = ["offererUserName": "Rob", "offer": offer, "answer": .null]
        #expect(outputs(of: &standIn, .entered(socketID: "s", room: "Rob", name: "Ana")) == [])
        let other: JSONValue = ["offererUserName": "Bo", "offer": offer]
        #expect(outputs(of: &standIn, .told("newOfferAwaiting", [[other]])) == [])
        #expect(
            outputs(of: &standIn, .told("availableOffers", [[other, record]]))
                == [.guestCame(rob, name: "Rob"), .signal(rob, ["description": offer])])
        let answered: JSONValue = ["offererUserName": "Rob", "offer": offer, "answer": answer]
        #expect(
            outputs(of: &standIn, .signalled(rob, ["description": answer]))
                == [.send("newAnswer", [answered], wantsAck: true)])
        #expect(
            outputs(of: &standIn, .acknowledged([[candidate]])) == [.signal(rob, ["candidate": candidate])])
        #expect(outputs(of: &standIn, .told("peerLeft", [])) == [.guestLeft(rob)])
    }
}
