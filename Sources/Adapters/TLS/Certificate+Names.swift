// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import NetworkAddresses

extension Certificate {
    /// The host names and addresses the certificate is for, in its own order. RFC 5280 §4.2.1.6.
    public var names: [String] {
        guard let found = unsafe X509_get_ext_d2i(handle, NID_subject_alt_name, nil, nil) else { return [] }
        let list = OpaquePointer(found)
        defer { unsafe GENERAL_NAMES_free(list) }
        return (0..<(unsafe parley_GENERAL_NAMES_count(list))).compactMap { index in
            var type: Int32 = 0
            guard let entry = unsafe parley_GENERAL_NAMES_at(list, index),
                let value = unsafe GENERAL_NAME_get0_value(entry, &type)
            else { return nil }
            switch type {
            case GEN_DNS: return unsafe String(decoding: bytes(of: value), as: UTF8.self)
            case GEN_IPADD: return unsafe addressText(bytes(of: value))
            default: return nil
            }
        }
    }

    /// Whether a browser takes the certificate for this host name or address; wildcards count.
    public func covers(_ name: String) -> Bool {
        defer { ERR_clear_error() }
        return unsafe X509_check_ip_asc(handle, name, 0) == 1 || X509_check_host(handle, name, 0, 0, nil) == 1
    }

    /// Whether the name constraints of this authority let it sign `other`.
    func permits(_ other: Certificate) -> Bool {
        guard let found = unsafe X509_get_ext_d2i(handle, NID_name_constraints, nil, nil) else { return true }
        let constraints = unsafe found.assumingMemoryBound(to: NAME_CONSTRAINTS.self)
        defer { unsafe NAME_CONSTRAINTS_free(constraints) }
        // Fills in what the check looks at: without it a new certificate seems to have no names.
        _ = unsafe X509_check_purpose(other.handle, -1, 0)
        return unsafe NAME_CONSTRAINTS_check(other.handle, constraints) == X509_V_OK
    }

    @unsafe private func bytes(of value: UnsafeMutableRawPointer) -> [UInt8] {
        let string = unsafe value.assumingMemoryBound(to: ASN1_STRING.self)
        let start = unsafe ASN1_STRING_get0_data(string)
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
    }

    /// `nil` unless there are 4 or 16 bytes.
    private func addressText(_ bytes: [UInt8]) -> String? {
        IPAddress(bytes: bytes)?.description
    }
}
