// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import EngineKit
internal import NetworkAddresses

/// What a new certificate says. RFC 5280 §4.
struct CertificateTemplate {
    /// The common name; cut to the 64 bytes it may have.
    var subject: String
    var notBefore: WallClock
    var notAfter: WallClock
    /// OpenSSL's number of each extension and its value in the notation of x509v3_config(5).
    var extensions: [(identifier: Int32, value: String)]

    /// A certificate for `key`, signed by `issuer`, or by `key` itself if there is none.
    func issue(
        for key: PrivateKey, by issuer: (certificate: Certificate, key: PrivateKey)? = nil
    ) throws(TLSError) -> Certificate {
        guard let handle = unsafe X509_new() else { throw .library("X509_new") }
        let certificate = unsafe Certificate(owning: handle)
        unsafe X509_set_version(handle, Int(X509_VERSION_3))
        try unsafe setSerialNumber(of: handle)
        unsafe ASN1_TIME_set(X509_getm_notBefore(handle), time_t(notBefore.milliseconds / 1000))
        unsafe ASN1_TIME_set(X509_getm_notAfter(handle), time_t(notAfter.milliseconds / 1000))
        unsafe X509_set_pubkey(handle, key.handle)
        let name = unsafe X509_get_subject_name(handle)
        let text = Array(subject.utf8.prefix(64))
        unsafe X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0)
        let issuerHandle = unsafe issuer?.certificate.handle ?? handle
        unsafe X509_set_issuer_name(handle, X509_get_subject_name(issuerHandle))
        for (identifier, value) in extensions {
            try unsafe add(identifier, value, to: handle, issuer: issuerHandle)
        }
        guard unsafe X509_sign(handle, (issuer?.key ?? key).handle, EVP_sha256()) > 0 else {
            throw .library("X509_sign")
        }
        return certificate
    }

    /// 16 random bytes, positive: never the same twice, which is all that authorities without a log can do.
    @unsafe private func setSerialNumber(of handle: OpaquePointer) throws(TLSError) {
        var random = SystemRandomSource()
        var bytes = random.nextBytes(16)
        bytes[0] = bytes[0] & 0x7F | 0x40
        let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil)
        defer { unsafe BN_free(number) }
        guard unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(handle)) != nil else {
            throw .library("BN_to_ASN1_INTEGER")
        }
    }

    @unsafe private func add(
        _ identifier: Int32, _ value: String, to handle: OpaquePointer, issuer: OpaquePointer
    ) throws(TLSError) {
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, issuer, handle, nil, nil, 0)
        guard let made = unsafe X509V3_EXT_conf_nid(nil, &context, identifier, value) else {
            throw .library("X509V3_EXT_conf_nid (\(value))")
        }
        defer { unsafe X509_EXTENSION_free(made) }
        guard unsafe X509_add_ext(handle, made, -1) == 1 else { throw .library("X509_add_ext") }
    }
}

extension CertificateTemplate {
    /// An authority for one machine: it can sign for that machine's names and for private networks, and for
    /// nothing else, so whoever trusts it risks nothing elsewhere. RFC 5280 §4.2.1.10.
    static func authority(for names: CertificateNames, from now: WallClock) -> CertificateTemplate {
        let host = names.hostName.isEmpty ? "localhost" : names.hostName
        let permitted =
            Set(["localhost", "local", host]).sorted().map { "permitted;DNS:\($0)" }
            + AddressRange.permitted(for: names.addresses).map { "permitted;IP:\($0.address)/\($0.mask)" }
        return CertificateTemplate(
            subject: "Parley local authority (\(host))", notBefore: now.advanced(hours: -1),
            notAfter: now.advanced(hours: 3653 * 24),
            extensions: [
                (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_name_constraints, "critical," + permitted.joined(separator: ",")),
                (NID_subject_key_identifier, "hash"),
            ])
    }

    /// The server's own certificate; never valid longer than its authority.
    static func server(
        for names: CertificateNames, from now: WallClock, until authorityEnd: WallClock
    ) -> CertificateTemplate {
        let alternatives = names.dnsNames.map { "DNS:\($0)" } + names.allAddresses.map { "IP:\($0)" }
        return CertificateTemplate(
            subject: names.hostName.isEmpty ? "localhost" : names.hostName,
            notBefore: now.advanced(hours: -1), notAfter: min(now.advanced(hours: 200 * 24), authorityEnd),
            extensions: [
                (NID_basic_constraints, "critical,CA:FALSE"),
                (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "serverAuth"),
                (NID_subject_alt_name, alternatives.joined(separator: ",")),
                (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid"),
            ])
    }
}

extension WallClock {
    func advanced(hours: Int64) -> WallClock { WallClock(milliseconds: milliseconds + hours * 3_600_000) }
}
