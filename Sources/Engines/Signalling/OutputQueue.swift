// SPDX-License-Identifier: Apache-2.0

/// The outputs of an engine until they are polled.
///
/// Nearly every input asks for one output or none, and there may be a hundred thousand engines: the
/// first output lies in the engine itself, memory is taken only for more of them and given back when
/// they are gone.
struct OutputQueue<Output> {
    private var first: Output?
    /// Those behind `first`; the ones before `next` are gone.
    private var rest: [Output?] = []
    private var next = 0

    init() {}

    mutating func append(_ output: consuming Output) {
        if first == nil {
            first = output
        } else {
            rest.append(output)
        }
    }

    mutating func popFirst() -> Output? {
        guard let output = first.take() else { return nil }
        guard next < rest.count else { return output }
        first = rest[next].take()
        next += 1
        if next == rest.count {
            rest = []
            next = 0
        }
        return output
    }
}

extension OutputQueue: Sendable where Output: Sendable {}
