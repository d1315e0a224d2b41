// SPDX-License-Identifier: Apache-2.0

/// Names a connection for as long as it lives; never another one afterwards.
public struct ConnectionID: Hashable, Sendable, BitwiseCopyable {
    public let index: UInt32
    public let generation: UInt32
}

/// Names a room of the forwarder: what is published in one is seen in that one only.
public struct RoomID: Hashable, Sendable, BitwiseCopyable {
    public let index: UInt32
    public let generation: UInt32
}

/// Names one track that somebody sends.
public struct PublicationID: Hashable, Sendable, BitwiseCopyable {
    public let index: UInt32
    public let generation: UInt32
}

/// Stands where an index means nothing.
let nobody = UInt32.max
