// SPDX-License-Identifier: Apache-2.0
internal import CNet
internal import Glibc
public import NetworkAddresses
public import SystemCalls

/// A bound UDP socket that never blocks.
///
/// It is closed by ``close()``, or when nobody holds it any more.
public final class UDPSocket {
    /// Names the socket in event loops and system calls. -1 once it is closed.
    public private(set) var descriptor: Int32
    /// What the socket is bound to; the port is the one the system chose if it was asked to.
    public let local: SocketAddress

    /// - Parameters:
    ///   - address: One address of this machine, or all of a family; port 0 lets the system choose.
    ///   - isShared: Whether other sockets may have the same address and port, each its share of the senders.
    ///   - reportsErrors: Whether ICMP errors are kept for ``nextError()``.
    public init(
        bind address: SocketAddress, isShared: Bool = false, reportsErrors: Bool = false
    ) throws(SystemCallError) {
        var endpoint = cnet_endpoint(address)
        let shared = isShared ? Int32(CNET_UDP_SHARED.rawValue) : 0
        let errors = reportsErrors ? Int32(CNET_UDP_ERRORS.rawValue) : 0
        let descriptor = unsafe cnet_udp_open(&endpoint, shared | errors)
        guard descriptor >= 0 else { throw SystemCallError(call: "bind", code: errno) }
        if address.port == 0, unsafe cnet_udp_local(descriptor, &endpoint) != 0 {
            let code = errno
            Glibc.close(descriptor)
            throw SystemCallError(call: "getsockname", code: code)
        }
        self.descriptor = descriptor
        local = SocketAddress(endpoint)
    }

    /// Names the socket for ``DatagramBatch``, without holding it. Of no use once the socket is closed: its number is
    /// given to another.
    public struct Handle: Hashable, Sendable, BitwiseCopyable {
        let descriptor: Int32
    }

    public var handle: Handle { Handle(descriptor: descriptor) }

    deinit { close() }

    /// Whatever is still to be sent by a ``DatagramBatch`` has to be flushed before.
    public func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Asks for buffers of this many bytes. How much is granted is the system's choice:
    /// ``receiveBuffer``, ``sendBuffer``.
    public func setBuffers(receive: Int, send: Int) {
        cnet_udp_set_buffers(descriptor, Int32(clamping: receive), Int32(clamping: send))
    }

    /// Bytes that may wait to be received, or to be sent.
    public var receiveBuffer: Int { Int(cnet_udp_buffer(descriptor, 0)) }
    public var sendBuffer: Int { Int(cnet_udp_buffer(descriptor, 1)) }

    /// Datagrams that were lost because the receive buffer was full.
    public var drops: UInt32 { cnet_udp_drops(descriptor) }

    /// Takes the oldest ICMP error, of a socket that keeps them.
    public func nextError() -> DatagramError? {
        var error = cnet_icmp_error()
        guard unsafe cnet_udp_error(descriptor, &error) == 1 else { return nil }
        return DatagramError(
            destination: SocketAddress(error.destination), type: error.type, code: error.code, mtu: error.mtu)
    }
}

/// An ICMP message about a datagram that was sent.
public struct DatagramError: Hashable, Sendable {
    /// Where the datagram was going.
    public var destination: SocketAddress
    /// Type and code: of ICMP, or of ICMPv6 for an IPv6 destination.
    public var type: UInt8
    public var code: UInt8
    /// The MTU of the next hop if the datagram was too large for it; else 0.
    public var mtu: UInt32
}

extension cnet_endpoint {
    init(_ address: SocketAddress) {
        self.init(
            high: address.ip.high, low: address.ip.low, port: address.port, is_v6: address.ip.isIPv4 ? 0 : 1)
    }
}

extension SocketAddress {
    init(_ endpoint: cnet_endpoint) {
        let ip =
            endpoint.is_v6 == 0
            ? IPAddress(v4: UInt32(truncatingIfNeeded: endpoint.low))
            : IPAddress(high: endpoint.high, low: endpoint.low)
        self.init(ip: ip, port: endpoint.port)
    }
}
