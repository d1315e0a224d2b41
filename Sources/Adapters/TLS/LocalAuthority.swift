// SPDX-License-Identifier: Apache-2.0
public import EngineKit

/// The files of a server certificate that Parley's own authority signed.
public struct LocalCertificate: Hashable, Sendable {
    /// What ``LocalAuthority/ensure(folder:names:now:)`` had to do; reasons are one clause each.
    public enum Change: Hashable, Sendable {
        /// There was nothing: both the authority and the server's certificate are new.
        case created
        /// The authority is new: every device has to be told to trust it again.
        case authorityRemade(reason: String)
        /// The server's certificate is new; browsers do not notice.
        case renewed(reason: String)
        case kept
    }

    /// PEM: the server's certificate, then the authority.
    public var certificateFile: String
    public var keyFile: String
    /// PEM: what people install to trust this server.
    public var authorityFile: String
    /// What is in ``authorityFile``.
    public var authorityPEM: [UInt8]
    /// SHA-256, `AB:CD:…`: people compare it on the device with what the server shows.
    public var authorityFingerprint: String
    public var change: Change
}

/// A certificate authority for one machine, so that browsers can be given TLS without a public name.
///
/// Lives in `certificates` in the data folder: `authority.pem`, `authority-key.pem`, `server.pem` and
/// `server-key.pem`, all for their owner only. Invariant: an authority that somebody may have trusted is
/// replaced only when it has run out or may not sign for an address that this machine has.
public enum LocalAuthority {
    /// Renewal begins this long before the end, so that a server which is off for a while is not caught out.
    private static let renewalHours: Int64 = 30 * 24

    /// Makes what is missing, renews what has to be renewed, keeps the rest.
    ///
    /// Cheap when nothing has to be done: call it at start and whenever the names may have changed.
    /// - Parameters:
    ///   - folder: The data folder; made if it is missing.
    ///   - names: What the certificate must be good for.
    /// - Throws: When files cannot be read or written, or when those of the authority are not in order.
    public static func ensure(
        folder: String, names: CertificateNames, now: WallClock
    ) throws(TLSError) -> LocalCertificate {
        let files = Files(in: folder)
        try PrivateFile.makeFolder(folder)
        try PrivateFile.makeFolder(files.folder)
        let plan = try Plan(files, for: names, now: now)
        let authority =
            if let kept = plan.authority { kept } else { try makeAuthority(files, for: names, now: now) }
        if plan.change != .kept {
            try authority.issue(files, for: authority.signablePart(of: names, now: now), now: now)
        }
        return LocalCertificate(
            certificateFile: files.certificate, keyFile: files.key, authorityFile: files.authority,
            authorityPEM: authority.certificate.pem,
            authorityFingerprint: authority.certificate.fingerprint, change: plan.change)
    }

    /// What ``ensure(folder:names:now:)`` would do, without doing it.
    public static func inspect(
        folder: String, names: CertificateNames, now: WallClock
    ) throws(TLSError) -> LocalCertificate.Change {
        try Plan(Files(in: folder), for: names, now: now).change
    }

    /// The server's certificate in a data folder: for ``inspect(folder:names:now:)`` it need not exist.
    public static func certificateFile(in folder: String) -> String { Files(in: folder).certificate }

    /// What has to be done, and the authority that can stay.
    private struct Plan {
        var authority: Identity?
        var change: LocalCertificate.Change

        init(_ files: Files, for names: CertificateNames, now: WallClock) throws(TLSError) {
            guard let known = try Identity.load(files) else {
                change = .created
                return
            }
            if let reason = try reasonToReplace(known, for: names, now: now) {
                change = .authorityRemade(reason: reason)
                return
            }
            authority = known
            let signable = try known.signablePart(of: names, now: now)
            let reason = reasonToRenew(files, signedBy: known, for: signable, now: now)
            change = reason.map { .renewed(reason: $0) } ?? .kept
        }
    }

    private static func reasonToReplace(
        _ authority: Identity, for names: CertificateNames, now: WallClock
    ) throws(TLSError) -> String? {
        if authority.certificate.notAfter < now.advanced(hours: renewalHours) {
            return "the old authority expires within 30 days"
        }
        // With a clock before the authority's time nothing is wrong with the authority: leave it alone.
        let signable = try authority.signablePart(of: names, now: now)
        return try authority.permits(signable, now: now)
            ? nil : "the old authority may not sign for the addresses or the domain that this machine has now"
    }

    private static func reasonToRenew(
        _ files: Files, signedBy authority: Identity, for names: CertificateNames, now: WallClock
    ) -> String? {
        guard PrivateFile.exists(files.certificate), PrivateFile.exists(files.key) else {
            return "there was none"
        }
        // These two files are Parley's own and carry no trust: whatever is wrong with them, new ones are right.
        guard let leaf = try? Certificate.chain(inFile: files.certificate)[0],
            let key = try? PrivateKey(file: files.key), key.matches(leaf)
        else { return "the old one was not readable" }
        guard leaf.isSigned(by: authority.certificate) else { return "the authority is another one" }
        guard leaf.notBefore <= now else { return "the old one is not yet valid" }
        guard leaf.notAfter >= now.advanced(hours: renewalHours) else {
            return "the old one expires within 30 days"
        }
        let held = Set(leaf.names)
        let missing = (names.dnsNames + names.allAddresses).filter { !held.contains($0) }
        return missing.isEmpty ? nil : "it lacked " + missing.joined(separator: ", ")
    }

    /// A new authority. Its certificate goes first and comes last, so that an interruption anywhere leaves a
    /// key without certificate, from which the next start goes on, and never two that do not belong together.
    private static func makeAuthority(
        _ files: Files, for names: CertificateNames, now: WallClock
    ) throws(TLSError) -> Identity {
        let isInterrupted = !PrivateFile.exists(files.authority) && PrivateFile.exists(files.authorityKey)
        let key = isInterrupted ? try PrivateKey(file: files.authorityKey) : try PrivateKey.generate()
        let certificate = try CertificateTemplate.authority(for: names, from: now).issue(for: key)
        if !isInterrupted {
            try PrivateFile.remove(files.authority)
            try PrivateFile.write(key.pem, to: files.authorityKey)
        }
        try PrivateFile.write(certificate.pem, to: files.authority)
        return Identity(certificate: certificate, key: key)
    }
}

/// Where everything lies.
private struct Files {
    let folder: String
    init(in dataFolder: String) {
        folder = dataFolder + (dataFolder.hasSuffix("/") ? "" : "/") + "certificates"
    }

    var authority: String { folder + "/authority.pem" }
    var authorityKey: String { folder + "/authority-key.pem" }
    var certificate: String { folder + "/server.pem" }
    var key: String { folder + "/server-key.pem" }
}

/// The authority: a certificate and its key.
private struct Identity {
    let certificate: Certificate
    let key: PrivateKey

    /// `nil` when there is none, or only a key from which one can be made.
    static func load(_ files: Files) throws(TLSError) -> Identity? {
        guard PrivateFile.exists(files.authority) else { return nil }
        let fix = """
            Put both files back from a backup; or remove \(files.authority) and \(files.authorityKey), and Parley \
            makes a new authority, which every device has to be told to trust.
            """
        do throws(TLSError) {
            let certificate = try Certificate.chain(inFile: files.authority)[0]
            let key = try PrivateKey(file: files.authorityKey)
            guard key.matches(certificate) else {
                throw TLSError(files.authorityKey, "this key does not belong to \(files.authority)", fix: fix)
            }
            return Identity(certificate: certificate, key: key)
        } catch {
            throw TLSError(error.file, error.problem, fix: fix)
        }
    }

    /// `names`, less a local host name that this authority was not made for: not worth trusting a new one.
    func signablePart(of names: CertificateNames, now: WallClock) throws(TLSError) -> CertificateNames {
        guard names.isHostNameLocal else { return names }
        let onlyName = CertificateNames(hostName: names.hostName, addresses: [])
        return try permits(onlyName, now: now) ? names : names.withoutHostName
    }

    func permits(_ names: CertificateNames, now: WallClock) throws(TLSError) -> Bool {
        certificate.permits(try draft(for: names, key: key, now: now))
    }

    func issue(_ files: Files, for names: CertificateNames, now: WallClock) throws(TLSError) {
        let leafKey = try PrivateKey.generate()
        let leaf = try draft(for: names, key: leafKey, now: now)
        try PrivateFile.write(leafKey.pem, to: files.key)
        try PrivateFile.write(leaf.pem + certificate.pem, to: files.certificate)
    }

    private func draft(
        for names: CertificateNames, key leafKey: PrivateKey, now: WallClock
    ) throws(TLSError) -> Certificate {
        try CertificateTemplate.server(for: names, from: now, until: certificate.notAfter)
            .issue(for: leafKey, by: (certificate, key))
    }
}
