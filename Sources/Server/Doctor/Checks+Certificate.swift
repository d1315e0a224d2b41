// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import ServerConfig
internal import TLS

extension Checks {
    var certificate: Finding {
        switch facts.certificate {
        case .unused:
            .ok(
                .certificate,
                config.http.trustedProxies.isEmpty
                    ? "TLS is off; this machine only" : "TLS is off; the proxy's certificate counts")
        case .broken(let error):
            .failure(
                .certificate, error.file.isEmpty ? error.problem : "\(error.file): \(error.problem)",
                why: "The server does not start.", fix: error.fix)
        case .local(let change, let leaf): localCertificate(change, leaf)
        case .files(let chain, let keyMatches, let keyFile, let isKeyExposed):
            operatorsCertificate(chain, keyMatches: keyMatches, keyFile: keyFile, isKeyExposed: isKeyExposed)
        }
    }

    private func localCertificate(_ change: LocalCertificate.Change, _ leaf: Certificate?) -> Finding {
        switch change {
        case .created: .ok(.certificate, "Parley's own will be made \(whenFolderIsUsed)")
        case .renewed(let reason): .ok(.certificate, "Parley's own is about to be renewed: \(reason)")
        case .authorityRemade(let reason):
            .warning(
                .certificate, "Parley is about to make a new authority: \(reason)",
                why: "Devices that trust the old one will warn until they are told to trust the new one.",
                fix: "Start Parley, then open its page /trust on each device.")
        case .kept: .ok(.certificate, "Parley's own" + (leaf.map { ", " + summary(of: $0) } ?? ""))
        }
    }

    private func operatorsCertificate(
        _ chain: [Certificate], keyMatches: Bool, keyFile: String, isKeyExposed: Bool
    ) -> Finding {
        guard let leaf = chain.first else { return .ok(.certificate, "none") }
        guard keyMatches else {
            return .failure(
                .certificate, "the key in \(keyFile) does not belong to the certificate",
                why: "The server does not start.",
                fix: "Set tls.key to the key that the certificate was made with.")
        }
        let renewal = "Renew it where you got it, e.g. with: sudo certbot renew"
        if leaf.notAfter <= facts.now {
            return .failure(
                .certificate, "expired on \(CalendarDate(leaf.notAfter))",
                why: "Every browser refuses the connection.", fix: renewal)
        }
        if leaf.notBefore > facts.now {
            return .failure(
                .certificate, "valid from \(CalendarDate(leaf.notBefore)) only",
                why: "Every browser refuses the connection until then.",
                fix: "Set the clock if it is wrong: sudo timedatectl set-ntp true")
        }
        if leaf.names.isEmpty {
            return .failure(
                .certificate, "it names no server", why: "Browsers do not look at its subject any more.",
                fix: "Get one with a subject alternative name (subjectAltName) for this server.")
        }
        if chain.count == 1 && !leaf.isSigned(by: leaf) {
            return .warning(
                .certificate, "the file has no certificate of an issuer",
                why: "Some phones and programs will refuse the connection.",
                fix: "Set tls.certificate to the file with the whole chain, often called fullchain.pem.")
        }
        if leaf.notAfter <= WallClock(milliseconds: facts.now.milliseconds + 14 * 86_400_000) {
            return .warning(
                .certificate, "expires on \(CalendarDate(leaf.notAfter))",
                why: "After that every browser refuses the connection.", fix: renewal)
        }
        if isKeyExposed {
            return .warning(
                .certificate, "other users of this machine can read \(keyFile)",
                why: "Whoever has the key can pose as this server.", fix: "Close it: sudo chmod o= \(keyFile)"
            )
        }
        return .ok(.certificate, summary(of: leaf))
    }

    private func summary(of leaf: Certificate) -> String {
        "for \(leaf.names.joined(separator: ", ")) until \(CalendarDate(leaf.notAfter))"
    }
}
