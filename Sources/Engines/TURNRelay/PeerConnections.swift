// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

/// Names a connection between a relayed address and a peer, as CONNECTION-ID does. RFC 6062 §6.2.1.
///
/// The lower ten bits are the loop whose engine made it; the others cannot be guessed by who does not see them.
public struct PeerConnectionID: Hashable, Sendable, BitwiseCopyable {
    public let number: UInt32

    public init(number: UInt32) { self.number = number }

    init(_ random: UInt64, loop: UInt16) {
        number = UInt32(truncatingIfNeeded: random) << 10 | UInt32(loop & 0x3FF)
    }

    /// ``TURNKeys/loop`` of the engine that made it.
    public var loop: UInt16 { UInt16(number & 0x3FF) }
}

/// A client's request to have its own connection joined to a peer's. RFC 6062 §4.4.
///
/// The engine that got it may be another than the one that has the peer's connection: the driver takes it there, to
/// ``TURNServer/grant(_:at:)``, and the answer back, to ``TURNServer/answer(_:isGranted:)``.
public struct ConnectionClaim: Sendable {
    public var connection: PeerConnectionID
    /// The client's new connection, which carries nothing but the peer's bytes from the answer on.
    public var client: ClientAddress
    var name: [UInt8]
    var key: CredentialKey
    var style: AnswerStyle
    var request: STUNHeader
}

extension ConnectionClaim: Hashable {
    public static func == (one: ConnectionClaim, other: ConnectionClaim) -> Bool {
        one.connection == other.connection && one.client == other.client
            && one.request.transactionID == other.request.transactionID
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(connection)
        hasher.combine(client)
    }
}

/// A connection to a peer.
struct PeerConnection {
    enum State: Equatable {
        /// The driver tries to reach the peer.
        case connecting
        /// It is there; the client has to claim it.
        case waiting
        /// It is joined to a connection of the client.
        case joined
    }

    var slot: Int
    var peer: SocketAddress
    var state: State
    /// Until when it is connected, or claimed.
    var until: Instant
    /// The Connect request.
    var request: STUNHeader?
    var caller: Caller?
}

/// The connections to peers of all allocations of an engine.
struct PeerConnections {
    private var entries: [PeerConnectionID: PeerConnection] = [:]
    private var ofSlot: [Int: [PeerConnectionID]] = [:]
    /// In the order of their times, because all have the same time: some may be over already.
    private var times = Queue<(id: PeerConnectionID, at: Instant)>()
    private var made: UInt64 = 0

    subscript(id: PeerConnectionID) -> PeerConnection? { entries[id] }

    var deadline: Instant? { times.first?.at }

    func ids(of slot: Int) -> [PeerConnectionID] { ofSlot[slot] ?? [] }

    mutating func insert(_ connection: PeerConnection, loop: UInt16, seed: HashSeed) -> PeerConnectionID {
        var id: PeerConnectionID
        repeat {
            made += 1
            id = PeerConnectionID(seed.hash(made, 6062), loop: loop)
        } while entries[id] != nil
        entries[id] = connection
        ofSlot[connection.slot, default: []].append(id)
        times.append((id, connection.until))
        return id
    }

    /// Goes on to the next state, which lasts until `instant`; `nil` for as long as the allocation.
    mutating func set(_ state: PeerConnection.State, until instant: Instant?, of id: PeerConnectionID) {
        entries[id]?.state = state
        entries[id]?.request = nil
        entries[id]?.caller = nil
        guard let instant else { return }
        entries[id]?.until = instant
        times.append((id, instant))
    }

    mutating func remove(_ id: PeerConnectionID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        ofSlot[entry.slot]?.removeAll { $0 == id }
        if ofSlot[entry.slot]?.isEmpty == true { ofSlot[entry.slot] = nil }
    }

    /// The next connection whose time is over.
    mutating func popDue(at now: Instant) -> PeerConnectionID? {
        while let first = times.first {
            let entry = entries[first.id]
            let counts = entry.map { $0.until == first.at && $0.state != .joined } ?? false
            guard counts else {
                _ = times.popFirst()
                continue
            }
            guard first.at <= now else { return nil }
            _ = times.popFirst()
            return first.id
        }
        return nil
    }
}
