// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// What becomes of bytes from a client. Ranges count from the first byte that was given to `receive`.
public enum ClientVerdict: Hashable, Sendable {
    /// Nothing to forward. Answers, if any, wait in `poll()`.
    case done
    /// Send the payload from the allocation's socket of the family of `to`.
    case relay(RelayID, to: SocketAddress, payload: Range<Int>, dontFragment: Bool)
    /// Give the payload to the engine of `to.loop`, as from peer `from`, which is this client's relayed address.
    case handOver(to: RelayRoute, from: SocketAddress, payload: Range<Int>)
    /// Give the payload to this server's media, as what came to their address `to` from the relayed address `from`.
    case media(RelayID, to: SocketAddress, from: SocketAddress, payload: Range<Int>)
}

/// What becomes of a packet from a peer.
public enum PeerVerdict: Hashable, Sendable, BitwiseCopyable {
    case drop
    /// Put the four bytes of ChannelData in front, and on streams zeros behind, to a multiple of four.
    case channel(ClientAddress, number: UInt16)
    /// Put `headerBytes` in front (`writeIndicationHeader`), and zeros behind, to a multiple of four.
    case indication(ClientAddress, headerBytes: Int)
}
