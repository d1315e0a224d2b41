// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Where one page of one person stands in a room.
struct DevameetPlace: Sendable {
    static let usualAvatar = "avatar_01"

    private let number: UInt64
    private let name: String
    private let avatar: String
    private var x = JSONNumber(Int64(1))
    private var y = JSONNumber(Int64(1))
    private var orientation = "front"
    var isMuted = false

    init(number: UInt64, person: DevameetPerson) {
        self.number = number
        name = person.name
        avatar = Self.avatar(person.avatar)
    }

    mutating func move(to x: JSONNumber, _ y: JSONNumber, _ orientation: String) {
        self.x = x
        self.y = y
        self.orientation = orientation
    }

    func json(user: String, socketID: String, link: String) -> JSONValue {
        let digits = String(number, radix: 16)
        return [
            "_id": .string(String(repeating: "0", count: 24 - digits.count) + digits),
            "meet": .string(DevameetID.of(link: link)), "user": .string(user), "name": .string(name),
            "avatar": .string(avatar), "clientId": .string(socketID), "x": .number(x), "y": .number(y),
            "orientation": .string(orientation), "muted": .bool(isMuted), "__v": 0,
        ]
    }

    /// A word, which pages make part of a picture's path: `front`, or `down` and the like.
    static func orientation(_ value: JSONValue?) -> String? {
        guard let text = value?.string, (1...16).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) })
        else { return nil }
        return text
    }

    /// The picture's name, which pages take apart at its `_` and make a path of. One client sets a whole path, of
    /// which no page makes a picture; only the name counts.
    private static func avatar(_ text: String) -> String {
        let file = text.split(separator: "/").last ?? ""
        let name = file.split(separator: ".").first ?? ""
        let isSafe = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        return isSafe && name.contains("_") && name.utf8.count <= 64 ? String(name) : usualAvatar
    }
}

/// The ids that clients of ``Devameet`` see: 24 hexadecimal digits, as of the database it was written for.
public enum DevameetID {
    /// Of a meeting: a link has twelve characters, which are twelve bytes.
    public static func of(link: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: link.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The link of a meeting's id; `nil` for what is no id of one.
    public static func link(of id: String) -> String? {
        let digits = id.utf8.compactMap { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count == 24, id.utf8.count == 24 else { return nil }
        let bytes = stride(from: 0, to: 24, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        return bytes.allSatisfy { $0 < 0x80 } ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
