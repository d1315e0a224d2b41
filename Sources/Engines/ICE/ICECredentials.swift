// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import STUN

/// The name and the password that checks towards one agent are made with. RFC 8445 §5.3.
///
/// Ours are new for each connection and each restart. Everybody's name on a shared port is what tells whom a check
/// is for, so ours have exactly eight characters, which are a number: see ``key``.
public struct ICECredentials: Hashable, Sendable {
    /// `ice-ufrag`: 4 to 256 characters. RFC 8839 §5.4.
    public let ufrag: String
    /// `ice-pwd`: 22 to 256 characters.
    public let password: String
    /// The password as integrity codes want it.
    let passwordBytes: [UInt8]

    /// `nil` for what RFC 8839 does not allow: another length, another character.
    public init?(ufrag: String, password: String) {
        guard (4...256).contains(ufrag.utf8.count), (22...256).contains(password.utf8.count),
            ufrag.utf8.allSatisfy(Self.isAllowed), password.utf8.allSatisfy(Self.isAllowed)
        else { return nil }
        self.init(checked: ufrag, password)
    }

    private init(checked ufrag: String, _ password: String) {
        self.ufrag = ufrag
        self.password = password
        passwordBytes = Array(password.utf8)
    }

    /// New ones: 48 random bits of name, 192 of password.
    public init(using random: inout some RandomSource) {
        self.init(
            checked: random.nextText(Self.ownUfragSize, from: Self.alphabet),
            random.nextText(32, from: Self.alphabet))
    }

    /// ``init(using:)`` from a source of a type that is not known.
    public init(drawingFrom random: inout any RandomSource) { self.init(using: &random) }

    /// Characters of a name of ours.
    public static let ownUfragSize = 8

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

    /// ALPHA, DIGIT, `+` or `/`. RFC 8839 §5.4.
    static func isAllowed(_ character: UInt8) -> Bool {
        switch character {
        case 0x2B, 0x2F, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// The eight characters of a name of ours as a number, for a table; `nil` for a name of another length.
    public var key: UInt64? {
        guard ufrag.utf8.count == Self.ownUfragSize else { return nil }
        return ufrag.utf8.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The ``key`` in a check's USERNAME, whose first half is the name of the agent that is asked; `nil` for a
    /// message without, and for a name that cannot be ours. RFC 8445 §7.2.2.
    public static func key(in message: STUNMessage) -> UInt64? {
        guard let attribute = message.first(.username) else { return nil }
        let name = unsafe message.lent(attribute)
        guard name.count > ownUfragSize, unsafe name[ownUfragSize] == 0x3A else { return nil }
        return unsafe UInt64(bigEndian: name.loadUnaligned(as: UInt64.self))
    }
}
