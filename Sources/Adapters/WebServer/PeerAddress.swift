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

    static func peer(of descriptor: Int32) -> PeerAddress? { read(descriptor, local: false) }
    static func local(of descriptor: Int32) -> PeerAddress? { read(descriptor, local: true) }

    private static func read(_ descriptor: Int32, local: Bool) -> PeerAddress? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let port = unsafe cnet_address(descriptor, local ? 1 : 0, &text, text.count)
        guard port >= 0 else { return nil }
        let host = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return PeerAddress(host: String(decoding: host, as: UTF8.self), port: UInt16(clamping: port))
    }
}
