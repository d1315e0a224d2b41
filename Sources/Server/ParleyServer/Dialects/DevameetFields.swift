// SPDX-License-Identifier: Apache-2.0
internal import Dialects
internal import JSON
internal import Storage
internal import TLS

/// What is wrong with a request of devameet, in the words and the form that its clients know.
struct DevameetProblem: Error {
    var status: Int
    var phrase: String
    var message: JSONValue

    var json: JSONValue {
        var object: JSONObject = ["statusCode": .number(JSONNumber(Int64(status))), "message": message]
        if message != .string(phrase) { object["error"] = .string(phrase) }
        return .object(object)
    }

    static let unauthorized = DevameetProblem(status: 401, phrase: "Unauthorized", message: "Unauthorized")

    /// Something that a person did: one sentence.
    static func refused(_ sentence: String) -> DevameetProblem {
        DevameetProblem(status: 400, phrase: "Bad Request", message: .string(sentence))
    }

    /// Fields that are not as they should be: a list of sentences.
    static func invalid(_ sentences: [String]) -> DevameetProblem {
        DevameetProblem(status: 400, phrase: "Bad Request", message: .array(sentences.map { .string($0) }))
    }

    static let tooFast = DevameetProblem(
        status: 429, phrase: "Too Many Requests",
        message: "Muitas tentativas. Tente novamente em alguns minutos.")
    static let unavailable = DevameetProblem(
        status: 503, phrase: "Service Unavailable", message: "Tente novamente em instantes.")
    static let closed = DevameetProblem(
        status: 403, phrase: "Forbidden", message: "Só o administrador deste servidor cria contas.")
    static let unknownUser = DevameetProblem.refused("Usuário não encontrado")
    static let unknownMeeting = DevameetProblem.refused("Reunião não encontrada")
    static let unknownLink = DevameetProblem.refused("Link informado não é válido")
}

/// The members of a request's body. All that is wrong is collected, and told at once; unknown members are ignored.
struct DevameetFields {
    private let object: JSONObject
    private var complaints: [String] = []

    init(_ object: JSONObject) { self.object = object }

    /// Throws what was found wrong, each once.
    func check() throws(DevameetProblem) {
        guard complaints.isEmpty else { throw .invalid(complaints) }
    }

    private mutating func complain(_ sentence: String) {
        if !complaints.contains(sentence) { complaints.append(sentence) }
    }

    /// A text that `isValid` accepts; empty after a complaint.
    mutating func text(
        _ name: String, else complaint: String, where isValid: (String) -> Bool
    ) -> String {
        if let text = object[name]?.string, isValid(text) { return text }
        complain(complaint)
        return ""
    }

    /// A person's name of at least two characters.
    mutating func personName() -> String {
        text("name", else: "Nome informado não é válido") {
            $0.count >= 2 && AccountRules.name($0) != nil
        }
    }

    /// `nil` when the body says nothing about it.
    mutating func avatar() -> String? {
        guard let value = object["avatar"], value != .null else { return nil }
        return text("avatar", else: "Avatar informado não é válido") { $0.utf8.count <= 256 }
    }

    mutating func meetingName() -> String {
        text("name", else: "Nome da reunião inválido") {
            (2...128).contains($0.count) && $0.utf8.count <= 1024
        }
    }

    /// Three to eight hexadecimal digits, with or without `#`, and nothing else: pages put it into their styles.
    mutating func color() -> String {
        text("color", else: "Cor da reunião inválido, precisa ser um hexadecimal") { text in
            let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
            return [3, 4, 5, 6, 8].contains(digits.utf8.count) && digits.utf8.count == digits.count
                && digits.allSatisfy(\.isHexDigit)
        }
    }

    /// What stands in the room; `nil` when the body says nothing about it.
    mutating func objects() -> [RoomObject]? {
        guard let value = object["objects"], value != .null else { return nil }
        guard let list = value.array, list.count <= Self.maxObjects else {
            complain("Quantidade de objetos inválida")
            return nil
        }
        var random = SystemRandomSource()
        return list.map { item in
            let name = item["name"]?.string ?? ""
            if name.isEmpty || name.utf8.count > 256 { complain("Nome do objeto inválido") }
            let (x, y) = (coordinate(item["x"]), coordinate(item["y"]))
            // The editors of the course write it in one way, their server reads it in another.
            let depth = (item["zIndex"] ?? item["zindex"])?.number?.double
            if depth.map({ abs($0) > 1_000_000 }) ?? true { complain("Zindex inválido") }
            let orientation = item["orientation"]?.string
            if (orientation?.utf8.count ?? 99) > 64 { complain("Orientação inválida") }
            return RoomObject(
                id: AccountID(bytes: random.nextBytes(AccountID.byteCount))?.text ?? "", name: name, x: x,
                y: y,
                zIndex: depth ?? 0, orientation: orientation ?? "")
        }
    }

    /// Sixty-four tiles, several things on each.
    private static let maxObjects = 1000

    private mutating func coordinate(_ value: JSONValue?) -> Double {
        if let number = value?.number?.double, (0...8).contains(number) { return number }
        complain("Eixo x e y do objeto deve ser entre 0 e 8")
        return 0
    }
}

extension RoomObject {
    /// As clients of devameet read it, in the room of `meeting`.
    func devameet(in meeting: String) -> JSONValue {
        let depth = JSONValue.number(JSONNumber(zIndex))
        return [
            "_id": .string(id), "meet": .string(meeting), "name": .string(name), "x": .number(JSONNumber(x)),
            "y": .number(JSONNumber(y)), "zIndex": depth, "zindex": depth,
            "orientation": .string(orientation),
            "__v": 0,
        ]
    }
}
