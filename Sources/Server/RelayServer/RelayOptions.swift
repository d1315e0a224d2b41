// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses
public import TURNRelay

/// What a ``RelayService`` is set up with.
public struct RelayOptions: Sendable {
    public var settings: TURNSettings
    public var users: TURNUsers
    public var limits: RelayLimits
    /// Ports of relayed addresses; `nil` for none: then clients of this server reach each other only.
    public var ports: ClosedRange<UInt16>?
    public var publicAddresses: [PublicAddress]

    public init(
        settings: TURNSettings = TURNSettings(), users: TURNUsers = TURNUsers(),
        limits: RelayLimits = RelayLimits(),
        ports: ClosedRange<UInt16>? = 49_152...65_535, publicAddresses: [PublicAddress] = []
    ) {
        self.settings = settings
        self.users = users
        self.limits = limits
        self.ports = ports
        self.publicAddresses = publicAddresses
        self.settings.hasRelaySockets = ports != nil
    }
}

/// What others see this machine as, where a router or a cloud translates its addresses one to one.
public struct PublicAddress: Hashable, Sendable {
    public var ip: IPAddress
    /// The address of an interface behind it; `nil` for the one that leads out.
    public var local: IPAddress?

    public init(_ ip: IPAddress, local: IPAddress? = nil) {
        self.ip = ip
        self.local = local
    }
}

/// Where clients are waited for over UDP.
public struct RelayListener: Hashable, Sendable {
    /// `nil` or `::` for all addresses of this machine, `0.0.0.0` for those of IPv4.
    public var ip: IPAddress?
    /// 0 lets the system choose, for a single address only.
    public var port: UInt16

    public init(ip: IPAddress? = nil, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// Whether addresses come and go.
    var isWildcard: Bool { ip?.purpose == .unspecified || ip == nil }

    func addresses(among interfaces: [IPAddress]) -> [IPAddress] {
        guard let ip else { return interfaces }
        return isWildcard ? interfaces.filter { $0.isIPv4 || !ip.isIPv4 } : [ip]
    }
}
