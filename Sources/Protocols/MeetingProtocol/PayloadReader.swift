// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Reads the members of one JSON object and says which one is wrong.
///
/// Members it is not asked for are ignored, so that a later version may add some.
struct PayloadReader {
    private let object: JSONObject
    private let path: String

    /// - Parameter path: Where the object is, for messages: an event's name or a field's path.
    init(_ value: JSONValue?, at path: String) throws(InvalidEvent) {
        guard let value else { throw InvalidEvent(path, .missing) }
        guard let object = value.object else { throw InvalidEvent(path, .expected("an object")) }
        self.object = object
        self.path = path
    }

    /// A complaint about the member `name`.
    func problem(
        _ name: String, _ problem: InvalidEvent.Problem, refusal: Refusal = .invalidEvent
    ) -> InvalidEvent {
        InvalidEvent("\(path).\(name)", problem, refusal: refusal)
    }

    func value(_ name: String) throws(InvalidEvent) -> JSONValue {
        guard let value = object[name] else { throw problem(name, .missing) }
        return value
    }

    func nested(_ name: String) throws(InvalidEvent) -> PayloadReader {
        try PayloadReader(object[name], at: "\(path).\(name)")
    }

    func bool(_ name: String) throws(InvalidEvent) -> Bool {
        guard let bool = try value(name).bool else { throw problem(name, .expected("true or false")) }
        return bool
    }

    /// A whole number, 0 or more.
    func count(_ name: String) throws(InvalidEvent) -> Int64 {
        guard let integer = try value(name).integer, integer >= 0 else {
            throw problem(name, .expected("a whole number, 0 or more"))
        }
        return integer
    }

    func string(_ name: String, maxBytes: Int = .max) throws(InvalidEvent) -> String {
        guard let string = try value(name).string else { throw problem(name, .expected("a string")) }
        guard string.utf8.count <= maxBytes else { throw problem(name, .tooLong(maxBytes, "bytes")) }
        return string
    }

    /// A string, or `nil` where it is null or left out.
    func optionalString(_ name: String, maxBytes: Int = .max) throws(InvalidEvent) -> String? {
        try isPresent(name) ? string(name, maxBytes: maxBytes) : nil
    }

    func identifier<ID: MeetingIdentifier>(
        _ name: String, maxBytes: Int = MeetingLimits.identifierBytes
    ) throws(InvalidEvent) -> ID {
        let text = try string(name, maxBytes: maxBytes)
        guard !text.isEmpty else { throw problem(name, .empty) }
        return ID(text)
    }

    /// One of a closed list of names.
    func choice<Choice: RawRepresentable<String>>(
        _ name: String, as type: Choice.Type = Choice.self
    ) throws(InvalidEvent) -> Choice {
        guard let choice = Choice(rawValue: try string(name)) else { throw problem(name, .invalid) }
        return choice
    }

    func array<Element>(
        _ name: String, of element: (JSONValue, String) throws(InvalidEvent) -> Element
    ) throws(InvalidEvent) -> [Element] {
        guard let values = try value(name).array else { throw problem(name, .expected("an array")) }
        var elements: [Element] = []
        for (index, value) in values.enumerated() {
            elements.append(try element(value, "\(path).\(name)[\(index)]"))
        }
        return elements
    }

    /// Whether the member is there and not null.
    func isPresent(_ name: String) -> Bool {
        guard let value = object[name] else { return false }
        return value != .null
    }
}
