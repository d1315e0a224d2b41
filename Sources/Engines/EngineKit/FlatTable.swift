// SPDX-License-Identifier: Apache-2.0

/// A key that spreads over a table by a secret seed, so that nobody outside can make keys that collide.
public protocol FlatKey: Hashable, BitwiseCopyable {
    func hash(_ seed: HashSeed) -> UInt64
}

extension UInt64: FlatKey {
    @inlinable
    public func hash(_ seed: HashSeed) -> UInt64 { seed.hash(self, 0) }
}

/// Keys and values side by side in one piece of memory, found by open addressing.
///
/// Removal moves what follows back into the gap, so that nothing has to be cleaned up later. At most three
/// quarters of it are used.
public struct FlatTable<Key: FlatKey, Value: BitwiseCopyable> {
    @usableFromInline
    struct Cell {
        @usableFromInline var key: Key
        @usableFromInline var value: Value
        @usableFromInline var isUsed: Bool

        @inlinable
        init(key: Key, value: Value, isUsed: Bool) {
            self.key = key
            self.value = value
            self.isUsed = isUsed
        }
    }

    @usableFromInline var cells: ContiguousArray<Cell>
    @usableFromInline let empty: Cell
    @usableFromInline let seed: HashSeed
    /// How many keys there are.
    @inlinable public var count: Int { used }
    @usableFromInline var used = 0

    /// - Parameters:
    ///   - key: Any key: it fills the cells that are not used.
    @inlinable
    public init(seed: HashSeed, key: Key, value: Value) {
        self.seed = seed
        empty = Cell(key: key, value: value, isUsed: false)
        cells = ContiguousArray(repeating: empty, count: 16)
    }

    @inlinable var mask: Int { cells.count - 1 }

    @inlinable func home(_ key: Key) -> Int { Int(truncatingIfNeeded: key.hash(seed)) & mask }

    @inlinable
    public subscript(key: Key) -> Value? {
        let mask = mask
        var index = home(key)
        while cells[index].isUsed {
            if cells[index].key == key { return cells[index].value }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Puts the value in place of any other of the key.
    @inlinable
    public mutating func insert(_ value: Value, for key: Key) {
        if (used + 1) * 4 > cells.count * 3 { grow() }
        var index = home(key)
        while cells[index].isUsed {
            if cells[index].key == key {
                cells[index].value = value
                return
            }
            index = (index + 1) & mask
        }
        cells[index] = Cell(key: key, value: value, isUsed: true)
        used += 1
    }

    /// Removes the key and returns its value.
    @discardableResult
    @inlinable
    public mutating func remove(_ key: Key) -> Value? {
        var gap = home(key)
        while cells[gap].isUsed, cells[gap].key != key { gap = (gap + 1) & mask }
        guard cells[gap].isUsed else { return nil }
        let value = cells[gap].value
        var index = (gap + 1) & mask
        while cells[index].isUsed {
            // A cell may move back as long as it does not get in front of its home.
            let distance = (index - home(cells[index].key)) & mask
            if distance >= (index - gap) & mask {
                cells[gap] = cells[index]
                gap = index
            }
            index = (index + 1) & mask
        }
        cells[gap] = empty
        used -= 1
        return value
    }

    @inlinable
    mutating func grow() {
        let old = cells
        cells = ContiguousArray(repeating: empty, count: old.count * 2)
        for cell in old where cell.isUsed {
            var index = home(cell.key)
            while cells[index].isUsed { index = (index + 1) & mask }
            cells[index] = cell
        }
    }
}
