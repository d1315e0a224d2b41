// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import STUN

/// All of ICE for one connection: checks in both directions, roles, nomination, consent, restart. RFC 8445,
/// RFC 7675; over UDP and over TCP connections that it asks for, RFC 6544.
///
/// For programs that call a server, and for tests: a server needs no more than ``ICELite``. Candidates are those of
/// the host; others are learned. All pairs begin as waiting: there is one component of one stream, where freezing
/// would save no more than a few checks.
public struct ICEAgent<Digests: STUNDigests>: Engine {
    public enum Input: Sendable {
        /// A candidate of ours, and the socket that it is; for TCP an active one, whose connections have the number.
        case local(ICECandidate, socket: UInt16)
        /// A socket of ours is gone, and its connections.
        case removeLocal(socket: UInt16)
        /// The peer's name and password. Others than before are its restart.
        case remote(ICECredentials)
        /// A candidate of the peer's.
        case candidate(ICECandidate)
        case endOfCandidates
        /// New credentials of ours; media stay where they are until the peer's new ones have led somewhere.
        case restart(ICECredentials)
        /// The connection that was asked for, with its number.
        case opened(MediaPath)
        /// A connection has ended, or could not be made: then its number is 0.
        case closed(MediaPath)
        /// A STUN message.
        case received([UInt8], from: MediaPath)
        case tick
    }

    public enum Output: Hashable, Sendable {
        case transmit([UInt8], on: MediaPath)
        /// Open a TCP connection to the path's other end, and give it a number.
        case open(MediaPath)
        /// Close a connection that is of no use any more.
        case close(MediaPath)
        /// Media go here from now on.
        case selected(MediaPath)
        case state(ICEState)
    }

    public internal(set) var state = ICEState.new
    public private(set) var own: ICECredentials
    var formerOwn: ICECredentials?
    var remote: ICECredentials?
    public internal(set) var isControlling: Bool
    var tieBreaker: UInt64
    let digests: Digests
    var random: any RandomSource

    var locals: [ICELocal] = []
    var remotes: [ICECandidate] = []
    var pairs: [ICEPair] = []
    /// Pairs to check before others, by their paths. RFC 8445 §7.3.1.4.
    var triggered: [MediaPath] = []
    var hasAllCandidates = false
    var consent: ICEConsent?
    /// Consent is the old credentials' until a path of the new ones is selected.
    var isRestarting = false
    var nextCheck = Instant.origin
    /// How often we have nominated.
    var nominations: UInt32 = 0
    /// When the best of what works is taken, whatever may still come.
    var decision: Instant?
    /// When a peer that was never reached is given up.
    var giveUp: Instant?
    private var outputs = Queue<Output>()

    /// - Parameter isControlling: Who offers controls, and who speaks to a lite agent. RFC 8445 §6.1.1.
    public init(
        own: ICECredentials, isControlling: Bool, digests: Digests, random: any RandomSource
    ) {
        self.own = own
        self.isControlling = isControlling
        self.digests = digests
        self.random = random
        tieBreaker = self.random.nextBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Where media go; `nil` before there is a path, and without the peer's consent.
    public var selected: MediaPath? { state == .connected ? consent?.path : nil }

    public mutating func poll() -> Output? { outputs.popFirst() }

    mutating func emit(_ output: Output) { outputs.append(output) }

    mutating func move(to next: ICEState) {
        guard next != state else { return }
        state = next
        emit(.state(next))
    }

    public mutating func handle(_ input: consuming Input, at now: Instant) {
        switch input {
        case .local(let candidate, let socket): add(ICELocal(socket: socket, candidate: candidate), at: now)
        case .removeLocal(let socket): remove(socket: socket, at: now)
        case .remote(let credentials): meet(credentials, at: now)
        case .candidate(let candidate): add(candidate, at: now)
        case .endOfCandidates: hasAllCandidates = true
        case .restart(let credentials): restart(credentials)
        case .opened(let path): opened(path, at: now)
        case .closed(let path): closed(path, at: now)
        case .received(let bytes, let path): receive(bytes, from: path, at: now)
        case .tick: break
        }
        proceed(at: now)
    }

    private mutating func restart(_ credentials: ICECredentials) {
        formerOwn = own
        own = credentials
        remote = nil
        remotes = []
        forgetPairs()
        hasAllCandidates = false
        isRestarting = true
        giveUp = nil
    }

    /// The peer's credentials belong to the pairs: with others, everything is checked anew. RFC 8445 §9.
    private mutating func meet(_ credentials: ICECredentials, at now: Instant) {
        guard credentials != remote else { return }
        if remote != nil {
            forgetPairs()
            remotes = []
            isRestarting = true
        }
        remote = credentials
        giveUp = now.advanced(by: ICEAgentLimits.patience)
        if state == .new { move(to: .checking) }
    }

    /// Drops all pairs but keeps the connection that media take.
    private mutating func forgetPairs() {
        for pair in pairs where pair.path.isStream && pair.path != consent?.path { emit(.close(pair.path)) }
        pairs = []
        triggered = []
        decision = nil
    }
}

/// How far an agent has come.
public enum ICEState: Hashable, Sendable {
    case new
    case checking
    /// There is a path, and the peer wants to be sent to.
    case connected
    /// The peer's consent has expired, or its path is gone; checks go on.
    case disconnected
    /// Nothing works.
    case failed
}

/// What bounds an agent, whatever a peer sends it.
enum ICEAgentLimits {
    static let pairs = 100
    static let remotes = 50
    static let locals = 20
    /// Between two checks. RFC 8445 §14.2: Ta.
    static let pace = Duration.milliseconds(50)
    /// Before a check is sent for the second time; then twice as long each time.
    static let firstWait = Duration.milliseconds(250)
    /// How often one check is sent. RFC 8489 §6.2.1: Rc.
    static let sends = 7
    /// How long a better pair may make one that works wait.
    static let decision = Duration.milliseconds(200)
    /// How long to try before giving up, from when the peer's credentials are known.
    static let patience = Duration.seconds(30)
    /// Between two checks of consent, ± 20 %. RFC 7675 §5.1.
    static let consentPace = Duration.seconds(5)
}
