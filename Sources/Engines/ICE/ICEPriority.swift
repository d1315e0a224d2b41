// SPDX-License-Identifier: Apache-2.0

/// How a candidate came to be. RFC 8445 §5.1.1.
public enum ICECandidateKind: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case host, peerReflexive, serverReflexive, relayed

    /// 0 to 126. RFC 8445 §5.1.2.2.
    public var typePreference: UInt32 {
        switch self {
        case .host: 126
        case .peerReflexive: 110
        case .serverReflexive: 100
        case .relayed: 0
        }
    }
}

/// Who opens the connection of a TCP candidate. RFC 6544 §4.5.
public enum ICETCPDirection: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    case active, passive, simultaneousOpen

    /// 0 to 7, for candidates with an address of the host. RFC 6544 §4.2.
    public var preference: UInt32 {
        switch self {
        case .active: 6
        case .passive: 4
        case .simultaneousOpen: 2
        }
    }
}

/// The numbers that order candidates and pairs of them.
public enum ICEPriority {
    /// RFC 8445 §5.1.2.1. What is beyond its field is brought into it.
    public static func candidate(
        _ kind: ICECandidateKind, localPreference: UInt32 = 65_535, component: UInt32 = 1
    ) -> UInt32 {
        kind.typePreference << 24 | min(localPreference, 65_535) << 8
            | (256 - min(max(component, 1), 256)) & 0xFF
    }

    /// The local preference of a TCP candidate, which is below all of UDP's. RFC 6544 §4.2.
    public static func localPreference(_ direction: ICETCPDirection, other: UInt32 = 8_191) -> UInt32 {
        direction.preference << 13 | min(other, 8_191)
    }

    /// RFC 8445 §6.1.2.3. Priorities from outside may be more than 2³¹−1, so the sum may wrap.
    public static func pair(controlling: UInt32, controlled: UInt32) -> UInt64 {
        let (low, high) = (UInt64(min(controlling, controlled)), UInt64(max(controlling, controlled)))
        return (low << 32) &+ (high << 1) &+ (controlling > controlled ? 1 : 0)
    }
}
