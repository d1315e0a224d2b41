// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import ICE
internal import NetworkAddresses

/// On which loop the connections live whose datagrams come to this one.
///
/// A check names its loop, by the first character of the name it is for. What follows it, DTLS and media, names nothing,
/// so paths are remembered. A path is certain once the loop of its connection has said so, which it does after a check
/// that was right; before that it is a guess from a check that nobody has verified, and the next check may change it.
struct PathRoutes {
    private struct Key: FlatKey {
        var path: MediaPath

        func hash(_ seed: HashSeed) -> UInt64 {
            let ip = path.remote.ip
            let rest = UInt64(path.remote.port) << 48 | UInt64(path.local) << 32 | UInt64(path.stream)
            return seed.hash(ip.high, ip.low, rest)
        }
    }

    private let seed: HashSeed
    private var certain: FlatTable<Key, UInt16>
    private var guesses: FlatTable<Key, UInt16>
    /// Anybody can cause guesses.
    static let mostGuesses = 4096

    init(seed: HashSeed) {
        self.seed = seed
        certain = Self.table(seed)
        guesses = Self.table(seed)
    }

    private static func table(_ seed: HashSeed) -> FlatTable<Key, UInt16> {
        let nowhere = MediaPath(local: 0, remote: SocketAddress(ip: IPAddress(v4: 0), port: 0))
        return FlatTable(seed: seed, key: Key(path: nowhere), value: 0)
    }

    var count: Int { certain.count + guesses.count }

    subscript(path: MediaPath) -> Int? {
        let key = Key(path: path)
        return (certain[key] ?? guesses[key]).map { Int($0) }
    }

    /// A check for a connection of `loop` came by this path.
    mutating func guess(_ path: MediaPath, loop: Int) {
        let key = Key(path: path)
        guard certain[key] == nil else { return }
        // Somebody makes up checks. Whoever is really under way sends another one soon.
        if guesses.count >= Self.mostGuesses { guesses = Self.table(seed) }
        guesses.insert(UInt16(truncatingIfNeeded: loop), for: key)
    }

    /// The loop has shown that the path is its connection's.
    mutating func learn(_ path: MediaPath, loop: Int) {
        guesses.remove(Key(path: path))
        certain.insert(UInt16(truncatingIfNeeded: loop), for: Key(path: path))
    }

    /// The loop has no connection at this path any more; another may have one by now.
    mutating func forget(_ path: MediaPath, loop: Int) {
        let key = Key(path: path)
        if certain[key] == UInt16(truncatingIfNeeded: loop) { certain.remove(key) }
    }
}
