// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses

/// A key that spreads over a table by a secret seed, so that nobody outside can make keys that collide.
protocol FlatKey: Hashable, BitwiseCopyable {
    func hash(_ seed: HashSeed) -> UInt64
}

/// The secret of a hash function: folded multiplication, as wyhash and foldhash do it.
struct HashSeed: BitwiseCopyable {
    var first: UInt64
    var second: UInt64

    /// Mixes any bytes into a seed.
    init(_ bytes: [UInt8]) {
        first = 0x243F_6A88_85A3_08D3
        second = 0x1319_8A2E_0370_7344
        for byte in bytes {
            first = Self.fold(first ^ UInt64(byte), 0x9E37_79B9_7F4A_7C15)
            second = Self.fold(second &+ first, 0xBF58_476D_1CE4_E5B9)
        }
    }

    static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// The hash of three words.
    func hash(_ a: UInt64, _ b: UInt64, _ c: UInt64 = 0) -> UInt64 {
        let half = Self.fold(a ^ first, b ^ second)
        return Self.fold(half ^ c, first | 1) ^ half
    }
}

extension IPAddress: FlatKey {
    func hash(_ seed: HashSeed) -> UInt64 { seed.hash(high, low, isIPv4 ? 1 : 0) }
}

extension SocketAddress: FlatKey {
    func hash(_ seed: HashSeed) -> UInt64 {
        seed.hash(ip.high, ip.low, UInt64(port) << 1 | (ip.isIPv4 ? 1 : 0))
    }
}

extension ClientAddress: FlatKey {
    func hash(_ seed: HashSeed) -> UInt64 {
        let port = UInt64(remote.port) << 48 | UInt64(local) << 32 | UInt64(stream)
        return seed.hash(remote.ip.high, remote.ip.low ^ UInt64(transport.rawValue) << 61, port)
    }
}

extension UInt64: FlatKey {
    func hash(_ seed: HashSeed) -> UInt64 { seed.hash(self, 0) }
}

/// Keys and values side by side in one piece of memory, found by open addressing.
///
/// Removal moves what follows back into the gap, so that nothing has to be cleaned up later. At most three
/// quarters of it are used.
struct FlatTable<Key: FlatKey, Value: BitwiseCopyable> {
    private struct Cell {
        var key: Key
        var value: Value
        var isUsed: Bool
    }

    private var cells: ContiguousArray<Cell>
    private let empty: Cell
    private let seed: HashSeed
    private(set) var count = 0

    /// - Parameters:
    ///   - key: Any key: it fills the cells that are not used.
    init(seed: HashSeed, key: Key, value: Value) {
        self.seed = seed
        empty = Cell(key: key, value: value, isUsed: false)
        cells = ContiguousArray(repeating: empty, count: 16)
    }

    private var mask: Int { cells.count - 1 }

    private func home(_ key: Key) -> Int { Int(truncatingIfNeeded: key.hash(seed)) & mask }

    subscript(key: Key) -> Value? {
        let mask = mask
        var index = home(key)
        while cells[index].isUsed {
            if cells[index].key == key { return cells[index].value }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Puts the value in place of any other of the key.
    mutating func insert(_ value: Value, for key: Key) {
        if (count + 1) * 4 > cells.count * 3 { grow() }
        var index = home(key)
        while cells[index].isUsed {
            if cells[index].key == key {
                cells[index].value = value
                return
            }
            index = (index + 1) & mask
        }
        cells[index] = Cell(key: key, value: value, isUsed: true)
        count += 1
    }

    /// Removes the key and returns its value.
    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
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
        count -= 1
        return value
    }

    private mutating func grow() {
        let old = cells
        cells = ContiguousArray(repeating: empty, count: old.count * 2)
        for cell in old where cell.isUsed {
            var index = home(cell.key)
            while cells[index].isUsed { index = (index + 1) & mask }
            cells[index] = cell
        }
    }
}
