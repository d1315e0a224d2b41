// SPDX-License-Identifier: Apache-2.0

/// The header entries of a frame in their order. Names are case-sensitive, and of repeated names the
/// first entry counts. STOMP 1.2, "Repeated Header Entries".
public struct STOMPHeaders: Sendable {
    public private(set) var entries: [(name: String, value: String)]

    public init(_ entries: [(String, String)] = []) {
        self.entries = entries.map { (name: $0, value: $1) }
    }

    public var isEmpty: Bool { entries.isEmpty }

    /// The first value of `name`. Setting puts the value in the place of the first and drops the other
    /// entries of that name; `nil` removes them all.
    public subscript(_ name: String) -> String? {
        get { entries.first { $0.name == name }?.value }
        set {
            let place = entries.firstIndex { $0.name == name }
            entries.removeAll { $0.name == name }
            if let newValue { entries.insert((name, newValue), at: place ?? entries.endIndex) }
        }
    }

    /// Adds an entry after the others, even when there is one of that name.
    public mutating func append(_ name: String, _ value: String) { entries.append((name, value)) }

    /// The entries whose name is not among `names`.
    public func without(_ names: [String]) -> STOMPHeaders {
        STOMPHeaders(entries.filter { !names.contains($0.name) }.map { ($0.name, $0.value) })
    }
}

extension STOMPHeaders: Hashable {
    public static func == (a: STOMPHeaders, b: STOMPHeaders) -> Bool {
        a.entries.elementsEqual(b.entries) { $0.name == $1.name && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) {
        for entry in entries {
            hasher.combine(entry.name)
            hasher.combine(entry.value)
        }
    }
}

extension STOMPHeaders: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}
