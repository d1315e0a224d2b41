// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Dialects

/// What becomes of a room of Devameet when the meeting that it is one with is over.
@Suite("Devameet meetings that end") struct DevameetEndTests {
    private static let link = "abc-defg-hij"
    private static let ana: JSONValue = ["link": "abc-defg-hij", "userId": "ana"]
    private var stage = Stage(Devameet())

    private typealias Heard = Told<DevameetQuestion>

    /// Client `number` comes and asks to join; the world admits them.
    @discardableResult
    private mutating func join(
        _ number: UInt64, as user: String, link: String = link, avatar: String = "avatar_07"
    ) -> [Heard] {
        stage.connect(number)
        return admit(
            stage.send(number, "join", ["link": .string(link), "userId": .string(user)]), as: user,
            avatar: avatar)
    }

    private mutating func admit(_ told: [Heard], as user: String, avatar: String = "avatar_07") -> [Heard] {
        guard case .asked(let question, _)? = told.first else { return told }
        return stage.give(
            .answered(question, .admitted(DevameetPerson(name: user.uppercased(), avatar: avatar))))
    }

    private static func place(
        _ number: Int, _ user: String, _ client: UInt64, x: JSONValue = 1, y: JSONValue = 1,
        orientation: String = "front", muted: Bool = false, avatar: String = "avatar_07"
    ) -> JSONValue {
        [
            "_id": .string("00000000000000000000000\(number)"), "meet": "6162632d646566672d68696a",
            "user": .string(user), "name": .string(user.uppercased()), "avatar": .string(avatar),
            "clientId": .string("s\(client)"), "x": x, "y": y, "orientation": .string(orientation),
            "muted": .bool(muted), "__v": 0,
        ]
    }

    private static func list(to clients: [UInt64], _ users: JSONValue...) -> Heard {
        .event(clients, "\(link)-update-user-list", [["users": .array(users)]])
    }

    private static func exception(to client: UInt64, _ message: String) -> Heard {
        .event([client], "exception", [["status": "error", "message": .string(message)]])
    }

    @Test("a meeting that ends leaves everybody alone: each page hears that the others have gone")
    mutating func ends() {
        join(1, as: "ana")
        join(2, as: "ben")
        join(3, as: "eve", link: "xyz-defg-hij")
        func gone(_ number: Int, to clients: [UInt64]) -> Heard {
            let name = JSONValue.string("s\(number)")
            return .event(
                clients, "\(Self.link)-remove-user", [["socketId": name, "socket": name, "clientId": name]])
        }
        #expect(
            stage.give(.roomEnded(Self.link)) == [
                gone(1, to: [2]), gone(2, to: [1]), Self.list(to: [1], Self.place(1, "ana", 1)),
                Self.list(to: [2], Self.place(2, "ben", 2)),
            ])
        #expect(stage.send(1, "call-user", ["offer": offer, "to": "s2", "link": "abc-defg-hij"]) == [])
        #expect(stage.send(1, "call-user", ["offer": offer, "to": "s2"]) == [])
        #expect(
            stage.send(
                2, "move", ["userId": "ben", "link": "abc-defg-hij", "x": 2, "y": 2, "orientation": "left"])
                == [])
        #expect(stage.disconnect(2) == [])
        #expect(stage.give(.roomEnded(Self.link)) == [])
        guard case .asked(let question, _)? = stage.send(1, "join", Self.ana).first else {
            Issue.record("not asked")
            return
        }
        #expect(
            stage.give(.answered(question, .unknownLink))
                == [Self.exception(to: 1, "Link informado não é válido")])
    }

    @Test("an answer from before the meeting's end admits nobody")
    mutating func endsMeanwhile() {
        stage.connect(1)
        let asked = stage.send(1, "join", Self.ana)
        #expect(stage.give(.roomEnded(Self.link)) == [])
        #expect(admit(asked, as: "ana") == [Self.exception(to: 1, "Link informado não é válido")])
    }
}
