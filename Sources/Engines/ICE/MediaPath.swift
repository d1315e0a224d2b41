// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import NetworkAddresses

/// The way to one peer: a socket or a connection of ours, and the address at its other end.
///
/// What RFC 8445 calls a candidate pair, as whoever sends and receives sees it.
public struct MediaPath: Hashable, Sendable, BitwiseCopyable {
    /// Which of our sockets, by number.
    public var local: UInt16
    /// Which TCP connection carries it, framed as RFC 4571 says; 0 for UDP.
    public var stream: UInt32
    public var remote: SocketAddress

    public init(local: UInt16, stream: UInt32 = 0, remote: SocketAddress) {
        self.local = local
        self.stream = stream
        self.remote = remote
    }

    /// Whether datagrams travel inside a TCP connection. RFC 6544.
    public var isStream: Bool { stream != 0 }
}

extension MediaPath: FlatKey {
    public func hash(_ seed: HashSeed) -> UInt64 {
        let ends = UInt64(remote.port) << 48 | UInt64(local) << 32 | UInt64(stream)
        return seed.hash(remote.ip.high, remote.ip.low ^ (remote.ip.isIPv4 ? 1 << 63 : 0), ends)
    }
}
