// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import NetworkAddresses
internal import STUN

/// What a client remembers.
struct ClientState {
    /// Where a permission or a channel stands, so that it can be renewed.
    struct Channel {
        var peer: SocketAddress
        var number: UInt16
    }

    /// A question without an answer yet.
    struct Transaction {
        var id: STUNTransactionID
        var request: TURNRequest
        var channel: UInt16 = 0
        /// Asked by the client itself, to keep something alive: success is not reported.
        var isRenewal = false
        var bytes: [UInt8] = []
        var isSigned = false
        /// How often the server's new nonce was taken.
        var challenges = 0
        var sends = 0
        /// When to ask again, or to give up.
        var next: Instant
    }

    /// What the server wants signatures made with.
    struct Challenge {
        var realm: String
        var nonce: [UInt8]
        /// The list as it came, to be sent back; `nil` when there was none.
        var algorithms: [UInt8]?
        var algorithm: STUNPasswordAlgorithm?
        var key: [UInt8]

        var integrity: STUNIntegrity { algorithm == nil ? .sha1 : .sha256 }
    }

    var transactions: [Transaction] = []
    var challenge: Challenge?
    var allocation: TURNAllocation?
    var permissions: [IPAddress] = []
    var channels: [Channel] = []
    var nextChannel = ChannelData.numbers.lowerBound
    /// When to renew the allocation; permissions and channels.
    var refreshAt: Instant?
    var renewAt: Instant?
    /// What has come on the stream and is not yet a whole frame.
    var stream: [UInt8] = []
}
