// SPDX-License-Identifier: Apache-2.0

/// Keys that could not be expanded: memory or the cipher is missing.
public struct SRTPKeyFailure: Error {}

/// The keys of the packets of one kind (RTP or RTCP) in one direction.
struct SessionKey<Ciphers: SRTPCiphers> {
    var cipher: Ciphers.Key
    var salt: SRTPBlock
}

extension SRTPMasterKey {
    /// What a key is derived for. RFC 3711 §4.3.2.
    enum Label: UInt8 {
        case encryption = 0
        case authentication = 1
        case salt = 2
    }

    /// The first block of the keystream that a key is taken from. RFC 3711 §4.3.1; we never derive again during a
    /// session, so the packet index has no part in it.
    func block(_ label: Label, control: Bool) -> SRTPBlock {
        var block = SRTPBlock(salt)
        block.high ^= UInt64(label.rawValue + (control ? 3 : 0))
        return block
    }

    func derive(_ label: Label, control: Bool, count: Int, by ciphers: some SRTPCiphers) -> [UInt8] {
        ciphers.keystream(key: key, from: block(label, control: control), count: count)
    }

    /// Derives the keys of RTP and of RTCP. RFC 3711 §4.3.2, RFC 7714 §11.
    func sessionKeys<Ciphers: SRTPCiphers>(
        sealing: Bool, by ciphers: Ciphers
    ) throws(SRTPKeyFailure) -> (media: SessionKey<Ciphers>, control: SessionKey<Ciphers>) {
        guard let media = sessionKey(control: false, sealing: sealing, by: ciphers) else {
            throw SRTPKeyFailure()
        }
        guard let control = sessionKey(control: true, sealing: sealing, by: ciphers) else {
            ciphers.release(media.cipher)
            throw SRTPKeyFailure()
        }
        return (media, control)
    }

    private func sessionKey<Ciphers: SRTPCiphers>(
        control: Bool, sealing: Bool, by ciphers: Ciphers
    ) -> SessionKey<Ciphers>? {
        func derived(_ label: Label, _ count: Int) -> [UInt8] {
            derive(label, control: control, count: count, by: ciphers)
        }
        let cipher = ciphers.makeKey(
            profile.transform, key: derived(.encryption, profile.keyCount),
            authenticationKey: profile.authenticationKeyCount > 0
                ? derived(.authentication, profile.authenticationKeyCount) : [],
            sealing: sealing)
        guard let cipher else { return nil }
        return SessionKey(cipher: cipher, salt: SRTPBlock(derived(.salt, profile.saltCount)))
    }
}
