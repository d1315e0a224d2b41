// SPDX-License-Identifier: Apache-2.0

/// Why a value could not be made from JSON, or JSON from a value, and where.
public struct JSONCodingError: Error, Hashable, CustomStringConvertible {
    /// Where in the value, as JavaScript would write it: `participants[2].name`. Empty for the value
    /// itself.
    public var path: String
    /// What is wrong there: `is missing`, `is a number, not a string`.
    public var problem: String

    public init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    public var description: String { path.isEmpty ? "The value \(problem)" : "\(path) \(problem)" }
}

extension JSONCodingError {
    /// - Parameter root: What the path starts with.
    init(_ error: any Error, root: [any CodingKey] = []) {
        switch error {
        case let error as JSONCodingError: self = error
        case DecodingError.keyNotFound(let key, let context):
            self.init(root + context.codingPath + [key], problem: "is missing")
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            self.init(root + context.codingPath, problem: context.debugDescription)
        case EncodingError.invalidValue(_, let context):
            self.init(root + context.codingPath, problem: context.debugDescription)
        default: self.init(root, problem: "cannot be used: \(error)")
        }
    }

    private init(_ path: [any CodingKey], problem: String) {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        self.init(path: text, problem: problem)
    }
}

/// A name or an index that no type declares.
struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }

    /// Where encoders and decoders for superclasses work.
    static let superclass = AnyKey(stringValue: "super")
}
