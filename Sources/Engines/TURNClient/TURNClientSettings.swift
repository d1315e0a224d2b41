// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses
public import STUN

/// How a client speaks.
public struct TURNClientSettings: Hashable, Sendable {
    public var username = ""
    public var password = ""
    /// TCP or TLS: nothing is repeated, and messages lie one behind the other.
    public var isStream = false
    /// Take the better hash when the server offers it; browsers do not. RFC 8489 §9.2.5.
    public var usesSHA256 = true
    /// How long the first answer may take before the question is repeated; then twice as long each time.
    public var firstTimeout = Duration.milliseconds(500)
    /// How often a question is asked over datagrams before it is given up. RFC 8489 §6.2.1.
    public var sends = 7
    /// How long an answer may take on a stream. RFC 8489 §6.2.2.
    public var streamTimeout = Duration.milliseconds(39_500)
    /// Seconds of life to ask for; `nil` for what the server likes.
    public var lifetime: UInt32?

    public init() {}
}

/// Which kind of address to ask for. RFC 8656 §18.6.
public enum IPFamily: UInt8, Hashable, Sendable {
    case v4 = 1
    case v6 = 2
}

/// What a server has given.
public struct TURNAllocation: Hashable, Sendable {
    /// Where peers send.
    public var relayed: SocketAddress
    /// The address of this client that the server sees.
    public var mapped: SocketAddress
    /// Seconds.
    public var lifetime: UInt32

    public init(relayed: SocketAddress, mapped: SocketAddress, lifetime: UInt32) {
        self.relayed = relayed
        self.mapped = mapped
        self.lifetime = lifetime
    }
}

/// What was asked for.
public enum TURNRequest: Hashable, Sendable {
    case discover
    case allocate(IPFamily)
    case refresh
    case permit([IPAddress])
    case bindChannel(SocketAddress)
    case release
}

/// Why it was not to be had.
public enum TURNFailure: Error, Hashable, Sendable {
    /// The server says no. 401: the name or password is wrong; 437: this port still has an allocation.
    case refused(STUNErrorCode)
    /// The server names another that is to be asked instead. RFC 8489 §10.
    case redirected(SocketAddress)
    /// No answer came, though the question was repeated.
    case timedOut
    /// The answer lacks what it must have.
    case incomplete
    /// What came on the stream is not TURN.
    case garbage
    /// Every number has been used. RFC 8656 §12.
    case noChannelLeft
}
