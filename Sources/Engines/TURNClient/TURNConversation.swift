// SPDX-License-Identifier: Apache-2.0
internal import ByteCoding
public import EngineKit
public import NetworkAddresses
public import STUN

/// One conversation with a STUN and TURN server, over datagrams or over a stream. RFC 8489 §6, §9.2; RFC 8656.
///
/// Requests are repeated over datagrams, signed when the server asks for it, and signed again when its nonce has
/// become old. Once there is an allocation, it, its permissions and its channels are kept alive until they are
/// released. Every request ends in one answer or one failure.
///
/// It knows what browsers know: the relayed address of one family at a time, no reservations, no TCP to peers.
public struct TURNConversation<Digests: STUNDigests>: Engine {
    public enum Input: Sendable {
        /// Ask which address the server sees. RFC 8489 §2.
        case discover
        /// Ask for a relayed address.
        case allocate(IPFamily = .v4)
        /// Let peers at these addresses send.
        case permit([IPAddress])
        /// Give a peer a channel, and with it a permission.
        case bindChannel(SocketAddress)
        /// Give everything back.
        case release
        case send([UInt8], to: SocketAddress)
        /// A datagram, or what has come on the stream.
        case received([UInt8])
        case tick
    }

    public enum Output: Hashable, Sendable {
        /// Bytes for the server: one datagram, or the next ones of the stream.
        case transmit([UInt8])
        /// The address that the server sees.
        case discovered(SocketAddress)
        case allocated(TURNAllocation)
        case permitted([IPAddress])
        case bound(SocketAddress, channel: UInt16)
        case released
        case received([UInt8], from: SocketAddress)
        case failed(TURNRequest, TURNFailure)
        /// The stream has become unreadable, or an allocation could not be kept; nothing more will come.
        case lost(TURNFailure)
    }

    private var outputs = Queue<Output>()
    var state: ClientState
    let settings: TURNClientSettings
    let digests: Digests
    var random: any RandomSource

    public init(_ settings: TURNClientSettings, digests: Digests, random: any RandomSource) {
        self.settings = settings
        self.digests = digests
        self.random = random
        state = ClientState()
    }

    public mutating func poll() -> Output? { outputs.popFirst() }

    public var deadline: Instant? {
        var earliest: Instant?
        for next in state.transactions.map(\.next) + [state.refreshAt, state.renewAt].compactMap(\.self) {
            earliest = min(earliest ?? next, next)
        }
        return earliest
    }

    /// What the server has given; `nil` before it has, and after it was given back.
    public var allocation: TURNAllocation? { state.allocation }

    mutating func emit(_ output: Output) { outputs.append(output) }

    public mutating func handle(_ input: consuming Input, at now: Instant) {
        switch input {
        case .discover: begin(.discover, at: now)
        case .allocate(let family): begin(.allocate(family), at: now)
        case .permit(let peers): begin(.permit(peers), at: now)
        case .bindChannel(let peer): bindChannel(peer, at: now)
        case .release: begin(.release, at: now)
        case .send(let payload, let peer): send(payload, to: peer)
        case .received(let bytes): receive(bytes, at: now)
        case .tick: tick(at: now)
        }
    }

    private mutating func bindChannel(_ peer: SocketAddress, at now: Instant) {
        let number = state.channels.first { $0.peer == peer }?.number ?? state.nextChannel
        guard ChannelData.numbers.contains(number) else {
            return emit(.failed(.bindChannel(peer), .noChannelLeft))
        }
        if number == state.nextChannel { state.nextChannel += 1 }
        begin(.bindChannel(peer), channel: number, at: now)
    }

    /// On the peer's channel if it has one, or else as an indication. RFC 8656 §11.1, §12.5.
    private mutating func send(_ payload: [UInt8], to peer: SocketAddress) {
        if let channel = state.channels.first(where: { $0.peer == peer }) {
            guard payload.count <= 0xFFFF else { return }
            let number = channel.number
            var frame: [UInt8] = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
            frame += [UInt8(payload.count >> 8), UInt8(truncatingIfNeeded: payload.count)]
            frame += payload
            if settings.isStream {
                frame += repeatElement(0, count: ChannelData.padding(after: payload.count))
            }
            return emit(.transmit(frame))
        }
        var writer = STUNWriter(.send, .indication, id: nextID())
        writer.append(.xorPeerAddress, peer)
        writer.append(.data, payload)
        emit(.transmit(writer.finish()))
    }

    private mutating func receive(_ bytes: [UInt8], at now: Instant) {
        guard settings.isStream else { return receiveFrame(bytes, at: now) }
        state.stream += bytes
        while true {
            let length: Int?
            do {
                length = try state.stream.withFrameLength()
            } catch {
                state = ClientState()
                return emit(.lost(.garbage))
            }
            guard let length, state.stream.count >= length else { return }
            let frame = Array(state.stream[..<length])
            state.stream.removeFirst(length)
            receiveFrame(frame, at: now)
        }
    }

    mutating func nextID() -> STUNTransactionID {
        STUNTransactionID(bytes: random.nextBytes(12)) ?? STUNTransactionID(high: 0, low: 0)
    }
}

extension [UInt8] {
    /// The length of the frame at the front.
    fileprivate func withFrameLength() throws(DecodeError) -> Int? {
        try unsafe withUnsafeBufferPointer { (bytes) throws(DecodeError) in
            try unsafe STUNStreamFraming.length(of: UnsafeRawBufferPointer(bytes))
        }
    }
}
