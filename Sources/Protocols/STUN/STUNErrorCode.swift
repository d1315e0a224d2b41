// SPDX-License-Identifier: Apache-2.0

/// Why a request was refused. RFC 8489 §14.8, RFC 8656 §19, RFC 6062 §6.3, RFC 8445 §7.3.1.1.
public struct STUNErrorCode: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// 300 to 699.
    public let rawValue: UInt16

    /// Brings what is no code into the range of codes: what exists can be sent.
    public init(rawValue: UInt16) { self.rawValue = min(max(rawValue, 300), 699) }

    public static let tryAlternate = STUNErrorCode(rawValue: 300)
    public static let badRequest = STUNErrorCode(rawValue: 400)
    public static let unauthenticated = STUNErrorCode(rawValue: 401)
    public static let forbidden = STUNErrorCode(rawValue: 403)
    public static let unknownAttribute = STUNErrorCode(rawValue: 420)
    public static let allocationMismatch = STUNErrorCode(rawValue: 437)
    public static let staleNonce = STUNErrorCode(rawValue: 438)
    public static let addressFamilyNotSupported = STUNErrorCode(rawValue: 440)
    public static let wrongCredentials = STUNErrorCode(rawValue: 441)
    public static let unsupportedTransport = STUNErrorCode(rawValue: 442)
    public static let peerAddressFamilyMismatch = STUNErrorCode(rawValue: 443)
    public static let connectionAlreadyExists = STUNErrorCode(rawValue: 446)
    public static let connectionTimeout = STUNErrorCode(rawValue: 447)
    public static let allocationQuotaReached = STUNErrorCode(rawValue: 486)
    public static let roleConflict = STUNErrorCode(rawValue: 487)
    public static let serverError = STUNErrorCode(rawValue: 500)
    public static let insufficientCapacity = STUNErrorCode(rawValue: 508)

    /// The phrase that the RFC gives; empty for a code it does not know.
    public var reason: String {
        switch rawValue {
        case 300: "Try Alternate"
        case 400: "Bad Request"
        case 401: "Unauthenticated"
        case 403: "Forbidden"
        case 420: "Unknown Attribute"
        case 437: "Allocation Mismatch"
        case 438: "Stale Nonce"
        case 440: "Address Family not Supported"
        case 441: "Wrong Credentials"
        case 442: "Unsupported Transport Protocol"
        case 443: "Peer Address Family Mismatch"
        case 446: "Connection Already Exists"
        case 447: "Connection Timeout or Failure"
        case 486: "Allocation Quota Reached"
        case 487: "Role Conflict"
        case 500: "Server Error"
        case 508: "Insufficient Capacity"
        default: ""
        }
    }
}
