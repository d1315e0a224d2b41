// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import ICE

/// Names of ICE that tell which loop a connection lives on: their first character is a number from 0 to 63.
///
/// So a check finds its loop without any table, and what it is for stays unguessable by the other seven characters and
/// the password.
public enum CheckName {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// New credentials for a connection of `loop`, 0 to 63.
    public static func credentials(
        for loop: Int, using random: inout some RandomSource
    ) -> ICECredentials {
        let fresh = ICECredentials(using: &random)
        let first = Character(UnicodeScalar(digits[loop & 63]))
        let ufrag = String(first) + fresh.ufrag.dropFirst()
        return ICECredentials(ufrag: ufrag, password: fresh.password) ?? fresh
    }

    /// Whether the datagram is a Binding request.
    static func isCheck(_ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe bytes.count >= 20 && bytes[0] == 0 && bytes[1] == 1
    }

    /// The loop that a check is for; `nil` for anything else, a STUN request without a name among it.
    static func loop(of bytes: UnsafeRawBufferPointer) -> Int? {
        guard unsafe isCheck(bytes) else { return nil }
        var offset = 20
        while offset + 4 <= bytes.count {
            let type = unsafe UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
            let count = unsafe Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
            let start = offset + 4
            if type == 0x0006 {
                let colon = start + ICECredentials.ownUfragSize
                guard count > ICECredentials.ownUfragSize, start + count <= bytes.count,
                    unsafe bytes[colon] == 0x3A
                else { return nil }
                return unsafe number(bytes[start])
            }
            offset = start + (count + 3) & ~3
        }
        return nil
    }

    private static func number(_ character: UInt8) -> Int? {
        switch character {
        case 0x41...0x5A: Int(character) - 0x41
        case 0x61...0x7A: Int(character) - 0x61 + 26
        case 0x30...0x39: Int(character) - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
