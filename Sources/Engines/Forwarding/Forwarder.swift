// SPDX-License-Identifier: Apache-2.0
internal import Congestion
public import EngineKit
internal import ICE
internal import MediaPlans
internal import NetworkAddresses
public import SRTP
public import STUN

/// The heart of the media server: takes packets from those who publish and gives them to those who watch.
///
/// One for each event loop, and all that it knows is that loop's: it owns its rooms whole. The driver gives it
/// datagrams (``receive(_:from:at:)``) and at the end of each turn lets it send (``flush(into:at:)``); it has no
/// socket, no clock and no randomness. A packet is decrypted once, into the ``PacketLog`` of its publication, and
/// read once; whoever watches reads the log at its own pace and has the packet encrypted straight from there into
/// the memory that is sent. Nothing is allocated for a packet.
@safe public struct Forwarder<Ciphers: SRTPCiphers, Digests: STUNDigests>: ~Copyable {
    let settings: ForwardingSettings
    let ciphers: Ciphers
    let digests: Digests
    let seed: HashSeed
    public internal(set) var counters = ForwardingCounters()

    var rooms = Slab<Room>()
    var connections = Slab<Connection<Ciphers>>()
    var publications = Slab<Publication>()
    var slots = Slab<Slot>()

    /// Connections by the paths that they have shown to be theirs, and by the names that checks call them.
    var paths: FlatTable<PathKey, UInt32>
    var names: FlatTable<UInt64, UInt32>
    /// Streams by connection and SSRC: publication, layer, and whether it carries repeats.
    var streams: FlatTable<UInt64, UInt64>

    /// Publications with packets that nobody was told of, and connections with something to send.
    var fresh: ContiguousArray<UInt32> = []
    var waiting: ContiguousArray<UInt32> = []
    /// Those that ``waiting`` is swapped with while it is worked off.
    var served: ContiguousArray<UInt32> = []
    /// Answers to checks, back to back, until the turn ends.
    var answers: ContiguousArray<UInt8> = []
    var answerPlaces: ContiguousArray<AnswerPlace> = []
    var answer: [UInt8] = []

    /// What a receiver's slots want, while its bandwidth is shared among them, and which slots those are.
    var demands: ContiguousArray<SlotDemand> = []
    var demandSlots: ContiguousArray<UInt32> = []
    var wheel = ExpiryWheel(tick: .milliseconds(5))
    var timers: ContiguousArray<ConnectionTimer> = []
    var outputs = Queue<ForwardingOutput>()
    /// Room for a packet of nobody that is known, and for RTCP.
    let scratch: UnsafeMutableRawPointer
    static var scratchSize: Int { 4_096 }
    /// While audio slots are filled: who is to be heard, and whose slots are free for that.
    var selection: ContiguousArray<UInt32> = []
    var released: ContiguousArray<UInt32> = []
    /// What is not sent at present because there is too much to do.
    var shedding = Shedding.nothing
    /// What numbers of slots begin with comes from here.
    var nonce: UInt64 = 0
    /// The time of the last input.
    var clock = Instant.origin

    /// - Parameters:
    ///   - seed: Random bytes: whoever knows them can make tables slow.
    public init(_ settings: ForwardingSettings, seed: [UInt8], ciphers: Ciphers, digests: Digests) {
        self.settings = settings
        self.ciphers = ciphers
        self.digests = digests
        let seed = HashSeed(seed)
        self.seed = seed
        paths = FlatTable(seed: seed, key: PathKey.none, value: 0)
        names = FlatTable(seed: seed, key: 0, value: 0)
        streams = FlatTable(seed: seed, key: 0, value: 0)
        unsafe scratch = .allocate(byteCount: Self.scratchSize, alignment: 16)
    }

    deinit { unsafe scratch.deallocate() }

    /// Removes and returns the oldest output; `nil` when there is none left.
    public mutating func poll() -> ForwardingOutput? { outputs.popFirst() }

    /// When ``flush(into:at:)`` is wanted though nothing comes; `nil` for never.
    public var deadline: Instant? {
        guard waiting.isEmpty, fresh.isEmpty, answerPlaces.isEmpty else { return .origin }
        return wheel.deadline
    }

    /// How many connections there are.
    public var connectionCount: Int { connections.count }
    public var roomCount: Int { rooms.count }
    public var publicationCount: Int { publications.count }

    /// A number that nobody outside can guess, from the seed.
    mutating func draw() -> UInt64 {
        nonce &+= 1
        return seed.hash(nonce, 0x5041_524C_4559)
    }
}

/// Where an answer to a check goes.
struct AnswerPlace: BitwiseCopyable {
    var path: MediaPath
    var count: Int
}

/// A path as a key.
struct PathKey: FlatKey {
    let path: MediaPath

    @inline(__always)
    func hash(_ seed: HashSeed) -> UInt64 {
        let remote = path.remote
        let port = UInt64(remote.port) << 48 | UInt64(path.local) << 32 | UInt64(path.stream)
        return seed.hash(remote.ip.high, remote.ip.low ^ (remote.ip.isIPv4 ? 1 << 63 : 0), port)
    }
}

extension PathKey {
    static var none: PathKey {
        PathKey(path: MediaPath(local: 0, remote: SocketAddress(ip: IPAddress(v4: 0), port: 0)))
    }
}
