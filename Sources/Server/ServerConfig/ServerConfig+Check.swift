// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses

extension LoadedConfig {
    /// Settings whose files cannot be used.
    func problemsOfFiles(_ layers: ConfigLayers) -> [ServerConfigError.Problem] {
        let files = [
            ("tls.certificate", config.tls.certificate), ("tls.key", config.tls.key),
            ("metrics.token-file", config.metrics.tokenFile), ("api.keys", config.api.keys),
            ("webhooks.secret-file", config.webhooks.secretFile),
            ("webhooks.authorities", config.webhooks.authorities),
            ("turn.secrets-file", config.turn.secretsFile), ("turn.users-file", config.turn.usersFile),
        ]
        func problem(_ key: String, _ path: String?, _ why: (String) -> String?) -> ServerConfigError.Problem?
        {
            guard let path, let reason = why(path) else { return nil }
            return .init(key: key, source: source(of: key).description, reason: "\(path): \(reason)")
        }
        return files.compactMap { problem($0.0, $0.1, layers.whyUnusable) }
            + [problem("branding.logo", config.branding.logo, layers.whyNoLogo)].compactMap { $0 }
    }

    /// Values that are right one by one and wrong together.
    /// - Parameter servesPages: Browsers want more of a server of pages than of a relay.
    func conflicts(servesPages: Bool) -> [ServerConfigError.Problem] {
        var problems: [ServerConfigError.Problem] = []
        func report(_ key: String, _ reason: String) {
            let source = source(of: key)
            problems.append(
                .init(key: key, source: source == .defaults ? "" : source.description, reason: reason))
        }
        let tls = config.tls
        switch tls.mode {
        case .off where servesPages && !config.http.listen.isLoopback && config.http.trustedProxies.isEmpty:
            report(
                "tls.mode",
                """
                browsers give no camera to plain HTTP from other machines; listen on a loopback address such as \
                127.0.0.1:8443, or name the proxy in front with http.trusted-proxies
                """)
        case .files:
            if tls.certificate == nil { report("tls.certificate", "missing; tls.mode = files needs it") }
            if tls.key == nil { report("tls.key", "missing; the certificate is of no use without its key") }
        case .off, .local: break
        }
        if tls.mode != .files {
            for (key, value) in [("tls.certificate", tls.certificate), ("tls.key", tls.key)]
            where value != nil {
                report(
                    key,
                    "set, but tls.mode is \(tls.mode.rawValue) (\(source(of: "tls.mode"))); it must be files")
            }
        }
        if config.http.strictTransportSecurity && tls.mode == .local {
            report(
                "http.strict-transport-security",
                "with Parley's own authority, it would lock out every browser that does not trust that yet")
        }
        for range in config.http.trustedProxies where range.prefix == 0 {
            report("http.trusted-proxies", "\(range.settingText) trusts every address there is")
        }
        for reason in dialectConflicts { report("dialects", reason) }
        for (key, reason) in webhookConflicts { report(key, reason) }
        for (key, reason) in turnConflicts(servesPages: servesPages) { report(key, reason) }
        return problems
    }

    private var dialectConflicts: [String] {
        let choices = config.dialects.choices
        let ports = Set(choices.flatMap(\.ports)).subtracting([0]).sorted()
        return ports.compactMap { port in
            if port == config.http.listen.port {
                return "\(port) is the port of http.listen, where every dialect has its path anyway"
            }
            let folders = Set(choices.filter { $0.ports.contains(port) }.compactMap(\.folder))
            guard folders.count > 1 else { return nil }
            return
                "port \(port) has \(folders.count) folders of pages: \(folders.sorted().joined(separator: ", "))"
        }
    }

    private func turnConflicts(servesPages: Bool) -> [(key: String, reason: String)] {
        let turn = config.turn
        var conflicts: [(String, String)] = []
        for (index, address) in turn.listen.enumerated() where address.port != 0 {
            if servesPages, address.port == config.http.listen.port {
                conflicts.append(
                    ("turn.listen", "\(address.port) is the port of http.listen, where TURN is anyway"))
            } else if turn.listen[..<index].contains(address) {
                conflicts.append(("turn.listen", "\(address.settingText) is there twice"))
            } else if config.dialects.choices.contains(where: { $0.ports.contains(address.port) }) {
                conflicts.append(("turn.listen", "\(address.port) is the port of a dialect"))
            }
        }
        for range in turn.allowedPeers where range.prefix == 0 {
            let reason = "\(range.settingText) opens this machine and its network to every client"
            conflicts.append(("turn.allow-peers", reason))
        }
        for range in turn.deniedPeers where turn.allowedPeers.contains(range) {
            conflicts.append(("turn.deny-peers", "\(range.settingText) is in turn.allow-peers, too"))
        }
        if turn.tcpPeers, turn.allowedPeers.isEmpty {
            let reason = "it reaches the peers in turn.allow-peers and no others, and there are none"
            conflicts.append(("turn.tcp-peers", reason))
        }
        return conflicts + publicAddressConflicts
    }

    private var publicAddressConflicts: [(key: String, reason: String)] {
        let addresses = config.turn.publicAddresses
        return addresses.enumerated().compactMap { index, address in
            let earlier = addresses[..<index].filter { $0.outside.bytes.count == address.outside.bytes.count }
            let isAmbiguous = earlier.contains { $0.local == address.local }
            guard isAmbiguous else { return nil }
            let what = address.local.map { "\($0) has" } ?? "this machine has"
            let hint = address.local == nil ? "; write the local address behind each: PUBLIC/LOCAL" : ""
            return ("turn.public-ip", "\(what) two public addresses, \(address.outside) being one\(hint)")
        }
    }
}
