// SPDX-License-Identifier: Apache-2.0
internal import EngineKit

/// Who wants a connection, as far as limits are concerned.
struct AdmissionPeer {
    /// What one subscriber has; `nil` for this machine and whoever is exempt.
    var network: UInt64?
}

/// Says which new connections of a loop are taken.
struct Admission {
    private struct Address {
        var open = 0
        var bucket: TokenBucket
    }

    private let maxConnections: Int
    private let limits: WebLoop.AddressLimits?
    private var bucket: TokenBucket?
    private var addresses: [UInt64: Address] = [:]
    /// Forgetting is put off until there are twice as many as were left the last time.
    private var forgetAt = Self.minForget

    private static let minForget = 1024
    /// Beyond this nobody new is taken in until others have gone, so that memory is bounded.
    private static let maxAddresses = 200_000

    init(_ settings: WebLoop.Settings) {
        maxConnections = settings.maxConnections
        limits = settings.perAddress
        bucket = settings.admission.map { TokenBucket(burst: $0.burst, perSecond: $0.perSecond) }
    }

    /// Whose connections are counted.
    func peer(network: UInt64, host: String, isLoopback: Bool) -> AdmissionPeer {
        guard let limits, !isLoopback, !limits.isExempt(host) else { return AdmissionPeer(network: nil) }
        return AdmissionPeer(network: network)
    }

    mutating func admit(
        _ peer: AdmissionPeer, open: Int, _ counters: inout WebLoop.Counters, at now: Instant
    ) -> Bool {
        guard open < maxConnections else {
            counters.refusedFull += 1
            return false
        }
        // The address first: one that has used up its own share takes nothing from the others'.
        guard admitAddress(peer.network, at: now) else {
            counters.refusedAddress += 1
            return false
        }
        guard bucket?.take(at: now) ?? true else {
            counters.refusedRate += 1
            return false
        }
        return true
    }

    private mutating func admitAddress(_ network: UInt64?, at now: Instant) -> Bool {
        guard let network, let limits else { return true }
        if addresses[network] == nil {
            if addresses.count >= forgetAt { forget(at: now) }
            guard addresses.count < Self.maxAddresses else { return false }
        }
        let rate = limits.rate
        var address =
            addresses[network]
            ?? Address(bucket: TokenBucket(burst: rate.burst, perSecond: rate.perSecond))
        defer { addresses[network] = address }
        return address.open < limits.maxConnections && address.bucket.take(at: now)
    }

    mutating func opened(_ network: UInt64?) {
        guard let network, let limits else { return }
        let rate = limits.rate
        // It may have been admitted by another loop.
        addresses[
            network, default: Address(bucket: TokenBucket(burst: rate.burst, perSecond: rate.perSecond))
        ].open += 1
    }

    mutating func closed(_ network: UInt64?, at now: Instant) {
        guard let network, var address = addresses[network] else { return }
        address.open = max(0, address.open - 1)
        addresses[network] = address.open == 0 && address.bucket.isFull(at: now) ? nil : address
    }

    /// Drops the addresses that are as good as new.
    private mutating func forget(at now: Instant) {
        addresses = addresses.filter { $0.value.open > 0 || !$0.value.bucket.isFull(at: now) }
        forgetAt = max(Self.minForget, addresses.count * 2)
    }
}
