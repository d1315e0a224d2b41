// SPDX-License-Identifier: Apache-2.0
public import Forwarding
public import PacketCiphers
public import TLS

/// What a ``MediaService`` is set up with.
public struct MediaOptions: Sendable {
    public var forwarding: ForwardingSettings
    public var ciphers: FastestCiphers
    /// With the certificate that every handshake shows.
    public var context: DTLSContext
    /// The part of a processor that one loop may use, 0 to 1, before nobody new is let in.
    public var processorLimit: Double

    public init(
        context: DTLSContext, forwarding: ForwardingSettings = ForwardingSettings(),
        ciphers: FastestCiphers = FastestCiphers(), processorLimit: Double = 0.85
    ) {
        self.context = context
        self.forwarding = forwarding
        self.ciphers = ciphers
        self.processorLimit = processorLimit
    }
}

/// What becomes of a room's connections, for whoever opened the room.
public enum MediaEvent: Sendable {
    case forwarding(ForwardingOutput)
    /// The handshake is over and media pass.
    case secured(ConnectionID)
    /// The loop carries more or less than before, of all its rooms.
    case load(MediaLoadLevel)
    /// The connection is over and already forgotten.
    case ended(ConnectionID, MediaEnd)
}

/// Why a connection is over that nobody here has closed.
public enum MediaEnd: Hashable, Sendable, CaseIterable {
    /// No check has ever come.
    case neverConnected
    /// Nothing was heard for too long.
    case consentExpired
    /// The peer has said goodbye.
    case closedByPeer
    /// DTLS came to no end, or not with the certificate that was announced.
    case handshakeFailed
}

/// Hears of what happens in a room of the forwarder. Called on the loop, and free to call the worker.
public protocol MediaRoomOwner: AnyObject {
    func media(_ event: MediaEvent)
}
