// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
public import SRTP

extension DTLSAssociation {
    /// The profile that both ends agreed on.
    var profile: SRTPProfile? {
        guard let chosen = unsafe SSL_get_selected_srtp_profile(handle) else { return nil }
        return unsafe SRTPProfile(rawValue: UInt16(truncatingIfNeeded: chosen.pointee.id))
    }

    /// The keys for media; `nil` before the peer has shown the right certificate and completed the handshake, and
    /// after the end. RFC 5764 §4.2.
    public func makeKeys() -> SRTPKeys? {
        guard isMedia, state == .open, let profile else { return nil }
        var material = [UInt8](repeating: 0, count: profile.keyingMaterialCount)
        let label = "EXTRACTOR-dtls_srtp"
        guard
            unsafe SSL_export_keying_material(
                handle, &material, material.count, label, label.utf8.count, nil, 0, 0) == 1
        else {
            ERR_clear_error()
            return nil
        }
        defer { unsafe OPENSSL_cleanse(&material, material.count) }
        return SRTPKeys(profile, exported: material, isClient: isClient)
    }

    /// A datagram up to the first alert that nobody has authenticated. Anyone who knows two addresses can send
    /// one, so none of them ends a handshake for media: whoever really gives up falls silent. RFC 6347 §4.1.2.7.
    static func withoutPlainAlerts(_ datagram: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var offset = 0
        while offset + 13 <= datagram.count {
            let isPlain = unsafe datagram[offset + 3] == 0 && datagram[offset + 4] == 0
            if isPlain, unsafe datagram[offset] == 21 {
                return unsafe UnsafeRawBufferPointer(rebasing: datagram[..<offset])
            }
            offset += 13 + (unsafe Int(datagram[offset + 11]) << 8 | Int(datagram[offset + 12]))
        }
        return unsafe datagram
    }
}
