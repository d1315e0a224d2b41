// SPDX-License-Identifier: Apache-2.0
public import NetworkAddresses

/// The built-in STUN and TURN server. RFC 8489, RFC 8656.
public struct Turn: Hashable, Sendable {
    public var isEnabled = true
    /// Addresses besides the main one, for UDP, TCP and TLS each.
    public var listen: [ListenAddress] = []
    /// What others see this machine as, where that is not an address of its own.
    public var publicAddresses: [PublicAddress] = []
    /// The name in the addresses that clients are given; `nil` for the one they loaded the page from.
    public var host: TurnHost?
    public var relayPorts = RelayPorts.range(49_152...65_535)
    public var realm = TurnRealm.usual
    /// One secret a line: the first signs, all are honoured. `nil` for one derived from the server's own.
    public var secretsFile: String?
    /// `name:password` on each line.
    public var usersFile: String?
    /// Peers that are reached although they are special, or, one by one, this machine's own.
    public var allowedPeers: [AddressRange] = []
    public var deniedPeers: [AddressRange] = []
    /// Most allocations of one user. In a mesh of six, a participant has five peer connections with up to three
    /// relayed addresses each, and twice as many with IPv6.
    public var userAllocations = 36
    /// Most allocations of one client address, which may be a whole school's: 500 people with a dozen each.
    public var addressAllocations = 9000
    public var allocations = 10_000
    /// Most that one user's allocations carry each way.
    public var userBandwidth = Bandwidth(bitsPerSecond: 50_000_000)
    /// Answers a second to one address that has not shown who it is, which may be a whole school's; six times as many
    /// at once.
    public var unauthenticatedRate = 300
    /// RFC 6062.
    public var tcpPeers = false
    public var credentialLifetime = Duration.seconds(12 * 3600)
    /// How long `parley turn` lets allocations live on once it was told to stop.
    public var drain = Duration.seconds(30)
}

/// An address as others see it, and the local address that it is translated to where there are several.
public struct PublicAddress: Hashable, SettingValue {
    public var outside: IPAddress
    /// `nil` for every local address of the same family.
    public var local: IPAddress?

    public init(outside: IPAddress, local: IPAddress? = nil) {
        self.outside = outside
        self.local = local
    }

    public init?(setting text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let outside = IPAddress(String(parts[0])), outside.canBeReached, !outside.isLoopback else {
            return nil
        }
        self.init(outside: outside)
        guard parts.count == 2 else { return }
        guard let local = IPAddress(String(parts[1])), local.canBeReached,
            local.bytes.count == outside.bytes.count
        else { return nil }
        self.local = local
    }

    public var settingText: String { local.map { "\(outside)/\($0)" } ?? "\(outside)" }
    public static var settingFormat: String {
        "a public address, e.g. 203.0.113.7, or with its local one 203.0.113.7/10.0.0.5"
    }
}

/// Which ports relayed addresses have.
public enum RelayPorts: Hashable, SettingValue {
    /// One port for every allocation.
    case range(ClosedRange<UInt16>)
    /// No ports: relayed addresses reach other clients of this server and nobody else.
    case none

    public init?(setting text: String) {
        if text == "none" {
            self = .none
            return
        }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            .compactMap { decimal($0).flatMap(UInt16.init(exactly:)) }
        // The lower ones are for other services. Two, because some clients ask for a pair.
        guard ends.count == 2, ends[0] >= 1024, ends[1] > ends[0] else { return nil }
        self = .range(ends[0]...ends[1])
    }

    public var settingText: String {
        switch self {
        case .range(let ports): "\(ports.lowerBound)-\(ports.upperBound)"
        case .none: "none"
        }
    }
    public static var settingFormat: String { "two ports from 1024 with a hyphen, e.g. 49152-65535, or none" }
}

/// A host name or an address, as in `turn:HOST:PORT`.
public struct TurnHost: Hashable, SettingValue {
    /// Addresses of IPv6 without brackets.
    public var name: String

    public init?(setting text: String) {
        if text.hasPrefix("["), text.hasSuffix("]") {
            guard let address = IPAddress(String(text.dropFirst().dropLast())) else { return nil }
            name = address.description
        } else if let address = IPAddress(text) {
            name = address.description
        } else {
            // A name of digits and dots alone is a mistyped address.
            guard HostName.isValid(text[...]), text.contains(where: \.isLetter) else { return nil }
            name = text.lowercased()
        }
    }

    public var settingText: String { name }
    public static var settingFormat: String { "a host name or address without a port, e.g. turn.example.org" }
}

/// What passwords belong to. RFC 8489 §14.9.
public struct TurnRealm: Hashable, SettingValue {
    public var text: String

    public static let usual = TurnRealm(unchecked: "parley")

    private init(unchecked text: String) { self.text = text }

    public init?(setting text: String) {
        // Quotation marks and backslashes are written differently by different clients, and then nobody logs in.
        // And with a longer one, a 401 is more than three times as long as the shortest request: of use to whoever
        // forges the sender of requests.
        guard (1...28).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C && $0 != 0x2C })
        else { return nil }
        self.text = text
    }

    public var settingText: String { text }
    public static var settingFormat: String { "a word of at most 28 characters, e.g. example.org" }
}

/// How much may be sent in a second.
public struct Bandwidth: Hashable, Comparable, SettingValue {
    /// 0 for as much as there is.
    public var bitsPerSecond: Int

    public init(bitsPerSecond: Int) { self.bitsPerSecond = bitsPerSecond }

    private static let units: [(suffix: Character, factor: Int)] = [
        ("G", 1_000_000_000), ("M", 1_000_000), ("k", 1000),
    ]

    public init?(setting text: String) {
        if text == "unlimited" {
            self.init(bitsPerSecond: 0)
            return
        }
        guard let suffix = text.last, let unit = Self.units.first(where: { $0.suffix == suffix }),
            let count = decimal(text.dropLast()), (1...1000 * 1_000_000_000 / unit.factor).contains(count)
        else { return nil }
        self.init(bitsPerSecond: count * unit.factor)
    }

    public static func < (a: Bandwidth, b: Bandwidth) -> Bool { a.bitsPerSecond < b.bitsPerSecond }

    public var settingText: String {
        guard bitsPerSecond > 0 else { return "unlimited" }
        let unit = Self.units.first { bitsPerSecond % $0.factor == 0 } ?? ("k", 1000)
        return "\(bitsPerSecond / unit.factor)\(unit.suffix)"
    }
    public static var settingFormat: String { "bits a second, e.g. 500k, 20M or 1G, or unlimited" }
}

extension IPAddress {
    /// Whether somebody can have this address: not `0.0.0.0`, `::`, multicast or broadcast.
    var canBeReached: Bool {
        if bytes.allSatisfy({ $0 == 0 }) { return false }
        return bytes.count == 4 ? bytes[0] < 224 : bytes[0] != 0xFF
    }
}
