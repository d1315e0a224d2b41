// SPDX-License-Identifier: Apache-2.0

/// Elements with positions that count up for ever: new ones at the end, old ones leave at the front.
struct RecoveryLogEntries<Element> {
    private var elements: [Element?] = []
    /// How many at the front of `elements` have left.
    private var gone = 0
    /// The position of the oldest element.
    private(set) var start = 0

    /// The position that the next element will have.
    var end: Int { start + count }
    var count: Int { elements.count - gone }
    var first: Element? { gone < elements.count ? elements[gone] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard gone < elements.count else { return nil }
        defer {
            gone += 1
            start += 1
            // Moving the rest down costs less than what has left since the last time.
            if gone * 2 > elements.count {
                elements.removeFirst(gone)
                gone = 0
            }
        }
        return elements[gone].take()
    }

    /// The elements from `position` on, those that have left excepted.
    func elements(from position: Int) -> some Sequence<Element> {
        let first = gone + min(max(position, start), end) - start
        return elements[first...].lazy.compactMap(\.self)
    }
}

extension RecoveryLogEntries: Sendable where Element: Sendable {}
