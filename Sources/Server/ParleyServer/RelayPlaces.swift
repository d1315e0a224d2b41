// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses
internal import TURNRelay

/// Where the relay is to be found, for an operator to read.
public struct RelayPlaces: Hashable, Sendable {
    /// Where STUN and TURN are served, with the ports in use; none when nobody is told of any.
    public let addresses: [String]
    /// `UDP, TCP`, and `TLS, DTLS` where there is a certificate.
    public let transports: String
    /// The relayed addresses that others are told, at most one of each family.
    public let told: [String]

    init(addresses: [String], hasTLS: Bool, told: [IPAddress]) {
        self.addresses = addresses
        transports = hasTLS ? "UDP, TCP, TLS, DTLS" : "UDP, TCP"
        // Of each family the first is used.
        self.told = [true, false].compactMap { isIPv4 in
            told.first { $0.isIPv4 == isIPv4 }?.description
        }
    }
}
