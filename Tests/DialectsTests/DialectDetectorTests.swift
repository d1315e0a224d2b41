// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

@Suite("Telling dialects apart")
struct DialectDetectorTests {
    private let all = DialectDetector(DialectKey.allCases)

    @Test(
        "what a client sends along when it connects comes first",
        arguments: [
            (["jwt": "x"], .telelegal), (["userName": "Rob", "password": "x"], .bunch),
            (["username": "Rob", "password": "x"], .bunch), (["userName": "Ana"], .ycyw), ([:], nil),
            (["token": "x"], nil),
        ] as [(JSONObject, DialectKey?)])
    func readsAuth(auth: JSONObject, expected: DialectKey?) { #expect(all.dialect(auth: auth) == expected) }

    @Test(
        "then the shape of an event, where its name has several",
        arguments: [
            ("join", [["link": "abc-defg-hij", "userId": "1"]], .devameet),
            ("join", [["sender": "Ana", "type": "JOIN", "message": ""]], .ycyw), ("join", ["tea"], nil),
            ("offer", [offer, "tea"], .noomVideo), ("offer", [["roomName": "tea", "offer": offer]], .ycyw),
            ("offer", [["room": "tea", "sdp": "v=0"]], .ycywNetty), ("offer", [], nil),
            ("answer", [["roomName": "tea", "answer": answer]], .ycyw),
            ("ice", [.null, "tea"], .noomVideo), ("icecandidate", [candidate, "tea"], .noomVideo),
            ("ice-candidate", [["roomName": "tea"]], .ycyw), ("candidate", [["room": "tea"]], .ycywNetty),
            ("newOffer", [offer], .bunch), ("newOffer", [["offer": offer, "apptInfo": [:]]], .telelegal),
            ("newAnswer", [["offererUserName": "Rob"]], .bunch),
            ("newAnswer", [["answer": answer, "uuid": "1"]], .telelegal), ("test", [], nil),
            ("enter_room", ["tea"], .noomRooms), ("join_room", ["tea"], .noomVideo),
            ("move", [["link": "abc-defg-hij"]], .devameet),
        ] as [(String, [JSONValue], DialectKey?)])
    func readsEvents(name: String, arguments: [JSONValue], expected: DialectKey?) {
        #expect(all.dialect(of: DialectEvent(name, arguments)) == expected)
    }

    @Test("only dialects of the address are meant, and a single one always is")
    func staysAmongCandidates() {
        let noom = DialectDetector([.noomVideo, .noomRooms, .noomChat])
        #expect(noom.dialect(auth: ["jwt": "x"]) == nil)
        #expect(noom.dialect(of: DialectEvent("newOffer", [offer])) == nil)
        #expect(noom.assumed == .noomRooms)
        let video = DialectDetector([.noomVideo])
        #expect(video.dialect(auth: ["jwt": "x"]) == .noomVideo)
        #expect(video.dialect(of: DialectEvent("anything")) == .noomVideo)
        #expect(DialectDetector([.bunch, .ycyw]).assumed == nil)
    }
}
