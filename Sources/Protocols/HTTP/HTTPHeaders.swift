// SPDX-License-Identifier: Apache-2.0

/// The field lines of a message, in order; names compare without regard to ASCII case. RFC 9110 §5.
///
/// The text stays in one buffer and becomes a `String` only when asked for, so the fields of a
/// request that nobody reads cost nothing.
public struct HTTPHeaders: Sendable {
    /// Every name and value; what lies between them means nothing.
    private var text: [UInt8]
    private var fields: [Field]

    struct Field: Sendable {
        var name: Range<Int>
        var value: Range<Int>
    }

    public init() {
        text = []
        fields = []
    }

    /// Fields that a decoder found in `text`; the ranges lie inside it.
    init(text: [UInt8], fields: [Field]) {
        self.text = text
        self.fields = fields
    }

    /// The first value of `name`, or `nil`. Setting replaces every field of that name; `nil` removes them.
    public subscript(_ name: String) -> String? {
        get { firstIndex(of: name).map { string(fields[$0].value) } }
        set {
            fields = fields.filter { !matches($0, name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// Every value of `name`, in order.
    public func values(for name: String) -> [String] {
        fields.filter { matches($0, name) }.map { string($0.value) }
    }

    public func contains(_ name: String) -> Bool { firstIndex(of: name) != nil }

    /// The members of the comma-separated list that the fields called `name` form together, without
    /// empty ones. Not for lists whose members may hold quoted commas. RFC 9110 §5.6.1.
    public func list(_ name: String) -> [String] {
        fields.filter { matches($0, name) }.flatMap { field in
            text[field.value].split(separator: UInt8(ascii: ",")).map(\.trimmed).filter { !$0.isEmpty }
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Whether the list called `name` has the member `token`, in either case.
    public func contains(_ token: String, inList name: String) -> Bool {
        fields.contains { field in
            guard matches(field, name) else { return false }
            let value = text[field.value]
            // Nearly always the only one.
            if ASCII.equal(value, ignoringCaseOf: token.utf8) { return true }
            return value.split(separator: UInt8(ascii: ",")).contains {
                ASCII.equal($0.trimmed, ignoringCaseOf: token.utf8)
            }
        }
    }

    /// Adds a field line after the others.
    ///
    /// A value that someone else chose cannot end the line or forge another: control characters in it
    /// become spaces, and characters that no name may have are left out of `name`.
    public mutating func append(_ name: String, _ value: String) {
        let nameStart = text.count
        if name.utf8.allSatisfy(ASCII.isToken) {
            text.append(contentsOf: name.utf8)
        } else {
            text.append(contentsOf: name.utf8.lazy.filter(ASCII.isToken))
        }
        guard text.count > nameStart else { return }
        let valueStart = text.count
        text.append(contentsOf: value.utf8)
        for index in valueStart..<text.count where Self.isControl(text[index]) { text[index] = ASCII.space }
        fields.append(Field(name: nameStart..<valueStart, value: text[valueStart...].trimmed.indices))
    }

    private static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != ASCII.tab || byte == 0x7F
    }

    /// Replaces every field called `name` by one.
    public mutating func set(_ name: String, _ value: String) { self[name] = value }

    public mutating func remove(_ name: String) { self[name] = nil }

    /// Appends `Name: value` lines, each with its CR LF.
    public func encode(into bytes: inout [UInt8]) {
        for field in fields {
            bytes.append(contentsOf: text[field.name])
            bytes.append(ASCII.colon)
            bytes.append(ASCII.space)
            bytes.append(contentsOf: text[field.value])
            bytes.append(ASCII.cr)
            bytes.append(ASCII.lf)
        }
    }

    /// How many fields are called `name`.
    func count(of name: String) -> Int { fields.count { matches($0, name) } }

    /// The bytes of the first value of `name`.
    func bytes(of name: String) -> ArraySlice<UInt8>? { firstIndex(of: name).map { text[fields[$0].value] } }

    private func firstIndex(of name: String) -> Int? { fields.firstIndex { matches($0, name) } }

    private func matches(_ field: Field, _ name: String) -> Bool {
        field.name.count == name.utf8.count && ASCII.equal(text[field.name], ignoringCaseOf: name.utf8)
    }

    private func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
}

extension HTTPHeaders: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { fields.count }
    public subscript(_ index: Int) -> (name: String, value: String) {
        (string(fields[index].name), string(fields[index].value))
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }
}

/// Equal when the same fields stand in the same order, whatever the case of their names.
extension HTTPHeaders: Hashable {
    public static func == (a: HTTPHeaders, b: HTTPHeaders) -> Bool {
        a.fields.count == b.fields.count
            && zip(a.fields, b.fields).allSatisfy { left, right in
                ASCII.equal(a.text[left.name], ignoringCaseOf: b.text[right.name])
                    && a.text[left.value] == b.text[right.value]
            }
    }

    public func hash(into hasher: inout Hasher) {
        for field in fields {
            for byte in text[field.name] { hasher.combine(ASCII.lowercased(byte)) }
            hasher.combine(text[field.value])
        }
    }
}

extension HTTPHeaders: CustomStringConvertible {
    /// Field lines as they would be sent, without the last line end. For tests and traces.
    public var description: String { map { "\($0.name): \($0.value)" }.joined(separator: "\r\n") }
}
