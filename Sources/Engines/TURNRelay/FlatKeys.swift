// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import NetworkAddresses

extension IPAddress: FlatKey {
    public func hash(_ seed: HashSeed) -> UInt64 { seed.hash(high, low, isIPv4 ? 1 : 0) }
}

extension SocketAddress: FlatKey {
    public func hash(_ seed: HashSeed) -> UInt64 {
        seed.hash(ip.high, ip.low, UInt64(port) << 1 | (ip.isIPv4 ? 1 : 0))
    }
}

extension ClientAddress: FlatKey {
    public func hash(_ seed: HashSeed) -> UInt64 {
        let port = UInt64(remote.port) << 48 | UInt64(local) << 32 | UInt64(stream)
        return seed.hash(remote.ip.high, remote.ip.low ^ UInt64(transport.rawValue) << 61, port)
    }
}
