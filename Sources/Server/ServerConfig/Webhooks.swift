// SPDX-License-Identifier: Apache-2.0
internal import NetworkAddresses

extension ServerConfig {
    /// Other programs that are told what happens.
    public struct Webhooks: Hashable, Sendable {
        public var urls: [WebhookURL] = []
        /// A file whose first line is the secret that signs them.
        public var secretFile: String?
        /// Whether a receiver may have an address that is not public, and be told without TLS.
        public var reachesPrivate = false
        /// PEM of the authorities whose receivers are trusted instead of the system's.
        public var authorities: String?

        public init() {}
    }
}

/// Where webhooks go: `https://example.org/path?query`.
public struct WebhookURL: Hashable, SettingValue {
    public let isSecure: Bool
    /// A name, or an address without brackets.
    public let host: String
    public let port: UInt16
    /// The path and query, from the slash on.
    public let target: String

    public init?(setting text: String) {
        let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
        guard let scheme, text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !text.contains("#")
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@"), let origin = Origin(setting: scheme + authority) else { return nil }
        isSecure = scheme == "https://"
        let name = origin.text.dropFirst(scheme.count)
        if name.first == "[" {
            host = String(name.dropFirst().prefix { $0 != "]" })
        } else {
            host = String(name.prefix { $0 != ":" })
        }
        let afterHost = name.dropFirst(name.first == "[" ? host.count + 2 : host.count)
        port = afterHost.isEmpty ? (isSecure ? 443 : 80) : UInt16(afterHost.dropFirst()) ?? 0
        guard port > 0 else { return nil }
        let path = rest.dropFirst(authority.count)
        target = path.first == "/" ? String(path) : "/" + path
    }

    /// As the `Host` field has it.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    public var settingText: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }
    public static var settingFormat: String { "an address, e.g. https://example.org/parley" }
}

extension Setting {
    /// The settings of webhooks.
    static let webhooks: [Setting] = [
        Setting(
            "webhooks.urls", \.webhooks.urls, accepts: { $0.count <= 8 && Set($0).count == $0.count },
            "Programs that are told when meetings start and end and people come and go: see docs/webhooks.md."
        ),
        Setting(
            "webhooks.secret-file", \.webhooks.secretFile,
            "File whose first line is the secret that signs webhooks: `whsec_` and 24 to 64 bytes in base64."),
        Setting(
            "webhooks.private-addresses", \.webhooks.reachesPrivate,
            """
            Send webhooks to private and loopback addresses, too, and over plain HTTP; without it only to public \
            addresses, over HTTPS.
            """),
        Setting(
            "webhooks.authorities", \.webhooks.authorities,
            "PEM file of the authorities that receivers' certificates come from, instead of the system's."),
    ]
}

extension LoadedConfig {
    var webhookConflicts: [(key: String, reason: String)] {
        let webhooks = config.webhooks
        var conflicts: [(String, String)] = []
        if !webhooks.urls.isEmpty, webhooks.secretFile == nil {
            conflicts.append(
                ("webhooks.secret-file", "missing; webhooks.urls needs it, so that receivers know us"))
        }
        for url in webhooks.urls where !url.isSecure && !webhooks.reachesPrivate {
            conflicts.append(
                (
                    "webhooks.urls",
                    "\(url.settingText) is not https; on this machine or network, set webhooks.private-addresses"
                ))
        }
        return conflicts
    }
}
