// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses
public import TURNRelay
internal import WebServer

/// A client's connection (TCP, TLS) or association (DTLS), as a ``RelayWorker`` sees it.
///
/// A class to be overridden and not a protocol: it is called for every packet.
open class RelayLeg {
    public init() {}

    /// Sends one frame of media: a Data indication or padded ChannelData on a stream, a datagram over DTLS. A leg that
    /// cannot keep up drops it.
    open func send(_ frame: UnsafeRawBufferPointer) {}

    /// Sends an answer, which is not dropped.
    open func answer(_ message: [UInt8]) {}

    /// Makes the connection the peer's (RFC 6062), once what was sent is on its way; `nil` when that cannot be.
    func becomeRaw(_ receiver: any RawReceiver) -> RawStream? { nil }

    /// Ends the connection once what was sent is on its way.
    open func close() {}
}

/// Takes the datagrams of DTLS that come to the port of TURN.
open class RelayDatagramLeg {
    public init() {}

    /// - Parameter local: The listening socket's number, for ``RelayWorker/send(_:to:local:)``.
    open func receive(_ bytes: UnsafeRawBufferPointer, from remote: SocketAddress, local: UInt16) {}
}

/// Takes the datagrams of media that come to the ports of TURN: RTP, RTCP, and DTLS and checks of ICE that are its own.
/// RFC 7983.
open class RelayMediaLeg {
    public init() {}

    /// - Parameter local: The listening socket's number, for ``RelayWorker/socket(_:)``.
    /// - Returns: Whether it was media's; else it goes on to the relay.
    open func receive(_ bytes: UnsafeRawBufferPointer, from remote: SocketAddress, local: UInt16) -> Bool {
        false
    }

    /// What a client of the relay sends to an address of media, by way of its allocation and without the kernel.
    /// ``RelayWorker/send(_:toClientOf:from:)`` is the way back.
    open func receive(
        _ bytes: UnsafeRawBufferPointer, through relay: RelayID, from relayed: SocketAddress,
        to own: SocketAddress
    ) {}

    /// An allocation is gone.
    open func closed(_ relay: RelayID) {}

    /// A listening socket is about to be closed: what waits to be sent from it has to leave.
    open func willClose(_ local: UInt16) {}
}
