// SPDX-License-Identifier: Apache-2.0

/// A payload that breaks the protocol, and where.
public struct InvalidEvent: Error, Hashable, CustomStringConvertible {
    public enum Problem: Hashable, Sendable, CustomStringConvertible {
        case missing
        /// Of another type than the one named, e.g. `"a string"`.
        case expected(String)
        /// Longer than so many of the unit named.
        case tooLong(Int, String)
        case empty
        /// Of the right type, but no value of the field can look like this.
        case invalid
        /// An event of this name does not exist.
        case unknown

        public var description: String {
            switch self {
            case .missing: "missing"
            case .expected(let type): "must be \(type)"
            case .tooLong(let limit, let unit): "longer than \(limit) \(unit)"
            case .empty: "empty"
            case .invalid: "not valid"
            case .unknown: "no such event"
            }
        }
    }

    /// The path to the field from the event's name on: `join.media.camera`.
    public var field: String
    public var problem: Problem
    /// What the sender is told. Mistakes people make have refusals of their own.
    public var refusal: Refusal

    public init(_ field: String, _ problem: Problem, refusal: Refusal = .invalidEvent) {
        self.field = field
        self.problem = problem
        self.refusal = refusal
    }

    public var description: String { "\(field): \(problem)" }

    /// The sentence to answer with: which field is wrong, unless the refusal has a better one.
    public var message: String { refusal == .invalidEvent ? description : refusal.message }
}
