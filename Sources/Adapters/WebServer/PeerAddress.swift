// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc

/// A numeric address and port.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    init(_ peer: borrowing cnet_peer) {
        let host = unsafe withUnsafeBytes(of: peer.host) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.init(host: host, port: peer.port)
    }

    static func local(of descriptor: Int32) -> PeerAddress? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let port = unsafe cnet_address(descriptor, 1, &text, text.count)
        guard port >= 0 else { return nil }
        let host = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return PeerAddress(host: String(decoding: host, as: UTF8.self), port: UInt16(clamping: port))
    }
}
