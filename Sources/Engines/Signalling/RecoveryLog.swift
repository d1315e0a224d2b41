// SPDX-License-Identifier: Apache-2.0
public import EngineKit

/// Names a session to the client that may come back for it (`pid`): a bearer token, so unguessable.
public struct RecoveryID: Hashable, Sendable, RawRepresentable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Names an event to the clients that got it: the last argument of every event that can be replayed.
public struct RecoveryOffset: Hashable, Sendable, RawRepresentable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// What the clients of one namespace may have missed when their connection broke, and who they were.
///
/// ```
///   positions   … 41 42 43 44 45 46 47 48          the log: packets with offsets, oldest first
///                      │        │        └ end
///                      │        └ mark: where the log ended at the client's last pong
///                      └ floor: where it ended at the pong before, so that all before has arrived
/// ```
///
/// A client that comes back names its session and the last offset it saw. The replay begins
/// - behind that offset, if it is still in the log and not older than the session;
/// - otherwise at the floor. A client without an offset got no event yet; one whose offset has left the
///   log got none since then. Neither got any event behind the floor, so nothing comes twice; and
///   a quiet client loses nothing to the log's bounds, because its floor moves on with every pong.
///
/// The floor is one heartbeat behind what could be known, for which one output of the session is enough
/// (``EngineIOSession/Output/ponged``): the ping that a pong answers was sent after the pong before it.
///
/// All of this needs each client to get its events in the order of the log.
///
/// Left out of the log, and given no offset: volatile events and those that ask for an acknowledgement.
/// The official client takes any string that comes last for an offset, so a volatile event that ends
/// with a string is to be sent with a `null` behind it.
///
/// A session has one owner. Who comes back while it looks alive takes it over: the server suspends the
/// old connection first. A session that its client or the server left is forgotten and cannot be
/// restored, with whatever offset.
///
/// Everything is bounded, by time, number and bytes; a session whose missed packets were dropped is told
/// apart from one that never was.
public struct RecoveryLog<Packet: Sendable, State: Sendable>: Sendable {
    public struct Settings: Hashable, Sendable {
        /// How long a client may stay away.
        public var maxDisconnection = Duration.seconds(120)
        /// How long a packet is kept: the time away, and twice the time it takes to notice.
        public var retention = Duration.seconds(240)
        public var maxPackets = 10_000
        public var maxBytes = 16_000_000
        /// Most sessions that wait for their clients.
        public var maxSuspended = 10_000

        public init() {}
    }

    public enum Restoration {
        /// No such session: never was, left, expired, or restored under another name.
        case unknown
        /// The server still takes it for connected: suspend that socket, then try again.
        case live(socket: String)
        /// Some of the packets that it missed are no longer kept; the session is forgotten.
        case incomplete(State)
        case restored(Restored)
    }

    public struct Restored {
        /// The socket's id, which it keeps.
        public var socket: String
        public var rooms: Set<String>
        public var state: State
        /// To be sent before anything else, in this order.
        public var missed: [Packet]
    }

    private struct Entry {
        var packet: Packet
        var offset: RecoveryOffset
        var bytes: Int
        var rooms: [String]
        var except: [String]
        var at: Instant

        /// Whether someone in these rooms was to get the packet.
        func concerns(_ own: Set<String>) -> Bool {
            (rooms.isEmpty || rooms.contains(where: own.contains)) && !except.contains(where: own.contains)
        }
    }

    private struct Session {
        var socket: String
        /// The log's end when the client connected: it has a right to what came since.
        var start: Int
        var floor: Int
        var mark: Int
        /// The name it had before it was restored; good until the client has proved to know the new one.
        var formerID: RecoveryID?
        var suspended: Suspended?
    }

    private struct Suspended {
        var rooms: Set<String>
        var state: State
        var until: Instant
    }

    private let settings: Settings
    /// Makes the offsets of different logs differ.
    private let origin: String
    private var lastOffset: UInt64 = 0
    private var entries = RecoveryLogEntries<Entry>()
    private var positions: [RecoveryOffset: Int] = [:]
    private var forgotten = Forgotten()
    private var sessions: [RecoveryID: Session] = [:]
    private var formerIDs: [RecoveryID: RecoveryID] = [:]
    /// In the order of their time; some have been restored meanwhile.
    private var expiries = RecoveryLogEntries<(until: Instant, id: RecoveryID)>()
    /// Bytes of the packets that are kept.
    public private(set) var byteCount = 0
    public private(set) var suspendedCount = 0

    /// - Parameter origin: A few characters, different for each log that clients may meet.
    public init(origin: String, settings: Settings = Settings()) {
        self.origin = origin
        self.settings = settings
    }

    public var packetCount: Int { entries.count }
    /// How many packets were ever kept: the next one's place.
    public var end: Int { entries.end }
    public var liveCount: Int { sessions.count - suspendedCount }

    // MARK: Packets

    /// The offset for the next event, if the event is made here.
    public mutating func makeOffset() -> RecoveryOffset {
        lastOffset += 1
        return RecoveryOffset(rawValue: origin + String(lastOffset, radix: 36))
    }

    /// Keeps a packet for those who may have missed it.
    ///
    /// - Parameters:
    ///   - rooms: Who gets it; everyone when empty.
    ///   - except: Who of them does not.
    ///   - bytes: What keeping it costs.
    public mutating func append(
        _ packet: Packet, offset: RecoveryOffset, bytes: Int, rooms: [String], except: [String],
        at now: Instant
    ) {
        // Nobody could ask for it.
        guard !sessions.isEmpty else { return }
        positions[offset] = entries.end
        entries.append(
            Entry(packet: packet, offset: offset, bytes: bytes, rooms: rooms, except: except, at: now))
        byteCount += bytes
        trim(at: now)
    }

    private mutating func trim(at now: Instant) {
        while let oldest = entries.first,
            entries.count > settings.maxPackets || byteCount > settings.maxBytes
                || oldest.at.advanced(by: settings.retention) <= now
        {
            forgotten.note(entries.start, rooms: oldest.rooms, limit: settings.maxPackets)
            positions[oldest.offset] = nil
            byteCount -= oldest.bytes
            _ = entries.popFirst()
        }
    }

    // MARK: Sessions

    /// A client connected anew.
    public mutating func register(_ id: RecoveryID, socket: String) {
        forget(id)
        sessions[id] = Session(
            socket: socket, start: entries.end, floor: entries.end, mark: entries.end)
    }

    /// The client's transport answered a ping.
    public mutating func confirm(_ id: RecoveryID) {
        guard var session = sessions[id], session.suspended == nil else { return }
        session.floor = session.mark
        session.mark = entries.end
        if let former = session.formerID {
            formerIDs[former] = nil
            session.formerID = nil
        }
        sessions[id] = session
    }

    /// The connection broke in a way that the client may come back from.
    ///
    /// - Parameters:
    ///   - rooms: The rooms to restore; that of the socket's own id is implied.
    ///   - state: Whatever else it takes to go on.
    public mutating func suspend(
        _ id: RecoveryID, rooms: Set<String>, state: State, at now: Instant
    ) {
        guard let session = sessions[id], session.suspended == nil else { return }
        let until = now.advanced(by: settings.maxDisconnection)
        sessions[id]?.suspended = Suspended(rooms: rooms, state: state, until: until)
        suspendedCount += 1
        expiries.append((until, id))
        while suspendedCount > settings.maxSuspended, expireFirst() {}
    }

    /// The client left, or was thrown out: it cannot come back to this session.
    public mutating func forget(_ id: RecoveryID) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        if session.suspended != nil { suspendedCount -= 1 }
        if let former = session.formerID { formerIDs[former] = nil }
    }

    /// The room of what is sent to one client alone. Not that of its socket's id, which others know and may
    /// take for the name of a room.
    public static func ownRoom(of id: RecoveryID) -> String { "\0" + id.rawValue }

    /// A client asks for its session back.
    ///
    /// - Parameters:
    ///   - offset: The last it saw; `nil` if it got no event yet.
    ///   - newID: The session's name from now on. The official client tells its application of a recovery
    ///     only when the name stays the same. The old name is good until the first ``confirm(_:)``, in
    ///     case the client never learns the new one.
    public mutating func restore(
        _ askedID: RecoveryID, after offset: RecoveryOffset?, as newID: RecoveryID, at now: Instant
    ) -> Restoration {
        expire(at: now)
        let id = formerIDs[askedID] ?? askedID
        guard var session = sessions[id] else { return .unknown }
        guard let suspended = session.suspended else { return .live(socket: session.socket) }
        forget(id)

        var from = session.floor
        if let offset, let position = positions[offset] { from = max(position + 1, session.start) }
        let rooms = suspended.rooms.union([session.socket, Self.ownRoom(of: id)])
        guard !forgotten.contains(from: from, of: rooms) else { return .incomplete(suspended.state) }
        let missed = entries.elements(from: from).filter { $0.concerns(rooms) }.map(\.packet)

        session.suspended = nil
        session.floor = from
        // The next pong may be for a ping that went before any of this.
        session.mark = from
        // The name it asked under is the one it knows.
        session.formerID = newID == askedID ? nil : askedID
        forget(newID)
        if newID != askedID { formerIDs[askedID] = newID }
        sessions[newID] = session
        return .restored(
            Restored(
                socket: session.socket, rooms: suspended.rooms, state: suspended.state, missed: missed))
    }

    // MARK: Time

    /// When ``expire(at:)`` next has something to do.
    public var deadline: Instant? {
        let packets = entries.first.map { $0.at.advanced(by: settings.retention) }
        guard let sessions = expiries.first?.until else { return packets }
        return packets.map { min($0, sessions) } ?? sessions
    }

    /// Drops the packets and sessions whose time is over.
    public mutating func expire(at now: Instant) {
        trim(at: now)
        while let first = expiries.first, first.until <= now { expireFirst() }
    }

    /// - Returns: Whether there was one.
    @discardableResult
    private mutating func expireFirst() -> Bool {
        guard let (until, id) = expiries.popFirst() else { return false }
        if sessions[id]?.suspended?.until == until { forget(id) }
        return true
    }
}

/// For whom there were packets that are no longer kept.
private struct Forgotten: Sendable {
    /// One past the last that went to everyone, or to rooms of which no account is kept.
    private var anyone = 0
    /// One past the last that went to a room.
    private var rooms: [String: Int] = [:]

    mutating func note(_ position: Int, rooms names: [String], limit: Int) {
        if names.isEmpty { anyone = position + 1 }
        for name in names { rooms[name] = position + 1 }
        guard rooms.count > limit else { return }
        anyone = position + 1
        rooms = [:]
    }

    /// Whether one from `position` on concerned someone in `own`.
    func contains(from position: Int, of own: Set<String>) -> Bool {
        anyone > position || own.contains { rooms[$0, default: 0] > position }
    }
}
