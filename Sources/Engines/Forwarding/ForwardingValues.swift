// SPDX-License-Identifier: Apache-2.0
public import ICE
public import MediaPlans

/// What all rooms of a forwarder have in common.
public struct ForwardingSettings: Hashable, Sendable {
    /// Bytes of packets that are kept of one publication at most; a power of two.
    public var maxLogBytes = 1 << 21
    /// How long packets are kept for who asks for them again, as far as ``maxLogBytes`` lets them.
    public var logSpan = Duration.milliseconds(1_000)
    /// Whether packets of a frame are padded by a few bytes, so that they leave in one call.
    public var padsRuns = true
    /// Connections of this forwarder at most.
    public var maxConnections = 20_000
    /// Tracks of one connection, and slots of one.
    public var maxTracks = 16
    public var maxSlots = 128
    /// How many people are heard at once where the server chooses, if a receiver has as many slots.
    public var loudest = 8
    /// How many pictures one receiver is sent at a time, whatever it asks for: those with the highest priority. `nil`
    /// for all.
    public var lastN: Int?
    /// How long a connection may be without its first check.
    public var patience = Duration.seconds(30)

    public init() {}
}

/// What a connection is for.
public struct ConnectionOptions: Hashable, Sendable {
    public var room: RoomID
    /// Whose connections these are: nobody is sent what itself publishes, over whichever connection.
    public var participant: UInt64
    /// Whether the server fills audio slots with who speaks; else all slots are filled by ``SlotWish``es.
    public var choosesAudio: Bool

    public init(room: RoomID, participant: UInt64, choosesAudio: Bool = true) {
        self.room = room
        self.participant = participant
        self.choosesAudio = choosesAudio
    }
}

/// What somebody wants to see in one slot.
public struct SlotWish: Hashable, Sendable {
    public var mid: ShortName
    /// `nil` to leave it empty.
    public var publication: PublicationID?
    /// Pixels on the screen; 0 for as large as there is.
    public var width: UInt16
    public var height: UInt16
    /// The higher, the later it gives way: screens before faces, the face that speaks before the others.
    public var priority: UInt8
    /// Keeps its place but is not sent.
    public var isPaused: Bool

    public init(
        mid: ShortName, publication: PublicationID?, width: UInt16 = 0, height: UInt16 = 0,
        priority: UInt8 = 0,
        isPaused: Bool = false
    ) {
        self.mid = mid
        self.publication = publication
        self.width = width
        self.height = height
        self.priority = priority
        self.isPaused = isPaused
    }
}

/// What a publication is taken for.
public struct PublicationTraits: Hashable, Sendable, BitwiseCopyable {
    /// A screen: its sharpness is worth more than its motion.
    public var isScreen: Bool
    /// Sound that belongs to a screen: it is not chosen by loudness but always heard.
    public var isAlwaysHeard: Bool

    public init(isScreen: Bool = false, isAlwaysHeard: Bool = false) {
        self.isScreen = isScreen
        self.isAlwaysHeard = isAlwaysHeard
    }
}

/// Why a forwarder does not do what it is asked for.
public enum ForwardingRefusal: Error, Hashable, Sendable {
    /// It has as many connections as it may.
    case full
    case noSuchRoom
    case noSuchConnection
    /// The names of the plan are not what RFC 8839 allows, or one is in use.
    case badCredentials
    /// The cipher is missing.
    case noCipher
}

/// Whose a datagram is.
public enum ForwardingVerdict: Hashable, Sendable {
    /// Not of any connection of this forwarder: whoever shares its socket may try.
    case foreign
    case done
    /// DTLS from the peer of this connection, as its checks have shown.
    case handshake(ConnectionID)
}

/// What a forwarder tells its driver.
public enum ForwardingOutput: Hashable, Sendable {
    /// What comes from this path is the connection's from now on, on whichever socket it arrives.
    case pathAdded(ConnectionID, MediaPath)
    case pathRemoved(ConnectionID, MediaPath)
    /// Where to send to from now on; DTLS as well.
    case selected(ConnectionID, MediaPath)
    /// No check for too long: the connection is to be closed.
    case lost(ConnectionID, ICEReaction.Loss)
    /// The first packet of a publication has come.
    case started(PublicationID)
    /// A slot is filled with something else, or with nothing.
    case filled(ConnectionID, mid: ShortName, PublicationID?)
    /// Who speaks, the loudest first, when it changes.
    case speakers(RoomID, [PublicationID])
    /// Which encodings of a publication anybody watches, a bit each in the order of its plan.
    case wanted(PublicationID, encodings: UInt8)
    /// What fits towards a receiver, in bits a second, when it changes by a tenth.
    case estimate(ConnectionID, bitsPerSecond: Int)
}

/// What is not sent while the machine has more to do than it can: the least important first, sound never.
public enum Shedding: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable, Comparable {
    case nothing
    /// The largest of three encodings.
    case large
    /// All encodings but the smallest.
    case allButSmall
    /// All pictures but screens.
    case video

    public static func < (a: Shedding, b: Shedding) -> Bool { a.rawValue < b.rawValue }
}
