// SPDX-License-Identifier: Apache-2.0

/// One line of the settings table: the only place where a setting is named and explained.
///
/// The configuration file, the `PARLEY_*` environment, `parley config` and `docs/configuration.md` are all
/// read from ``all``, so they cannot disagree.
public struct Setting: Sendable {
    /// Dotted name in the configuration file, e.g. `rooms.reconnect-grace`.
    public let key: String
    /// One sentence.
    public let summary: String
    /// What its values look like, e.g. "true or false".
    public let format: String
    /// The argument of `parley serve` that sets it, e.g. `--listen`; others are reached with `--set`.
    public let argument: String?
    /// What the argument stands for without a value; `nil` where it needs one.
    let bareValue: String?
    /// The argument with a word for its value, e.g. `--listen ADDRESS:PORT`.
    let usage: String?
    /// Reads a value from text into a configuration; false when the text is not a value.
    let apply: @Sendable (inout ServerConfig, String) -> Bool
    /// The value in a configuration, as text.
    let text: @Sendable (ServerConfig) -> String

    /// `rooms.reconnect-grace` becomes `PARLEY_ROOMS_RECONNECT_GRACE`.
    public var environmentName: String {
        "PARLEY_" + key.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }

    /// Every setting, in the order in which people are shown them.
    public static let all: [Setting] = meetings + branding + media + turn + webhooks + operation

    private static let meetings: [Setting] = [
        Setting(
            "http.listen", \.http.listen, argument: "--listen ADDRESS:PORT",
            "Address and port the web server listens on; `:8443` is every IPv4 address, `[::]:8443` every address."
        ),
        Setting(
            "data.folder", \.data.folder, argument: "--data FOLDER",
            "Folder for the database and for Parley's own certificates; made if it is missing."),
        Setting(
            "tls.mode", \.tls.mode, argument: "--tls local|files|off",
            """
            Where the certificate comes from: Parley's own authority, the files below, or no TLS at all (on \
            loopback or behind a proxy). Unless it is set: `files` with a certificate or key, `off` with trusted \
            proxies.
            """),
        Setting(
            "tls.certificate", \.tls.certificate, argument: "--cert FILE",
            "PEM file with the certificate and then its issuers."),
        Setting(
            "tls.key", \.tls.key, argument: "--key FILE",
            "PEM file with the private key, without a passphrase."),
        Setting(
            "http.trusted-proxies", \.http.trustedProxies, argument: "--behind-proxy LIST",
            "Proxies whose `X-Forwarded-*` headers are believed; without TLS, nobody else may connect."),
        Setting(
            "http.allowed-origins", \.http.allowedOrigins,
            "Origins whose pages may use this server besides its own."),
        Setting(
            "http.strict-transport-security", \.http.strictTransportSecurity,
            "Tell browsers to refuse plain HTTP for a year; only with a certificate that they trust."),
        Setting(
            "http.websocket-compression", \.http.webSocketCompression,
            "Compress large messages for clients that offer to inflate them; saves bandwidth, costs processor time."
        ),
        Setting(
            "rooms.capacity", \.rooms.capacity, in: 2...500, "Most participants in one meeting."),
        Setting(
            "rooms.reconnect-grace", \.rooms.reconnectGrace, in: .seconds(1) ... .seconds(600),
            "How long a participant whose connection is lost keeps their seat."),
        Setting(
            "rooms.creation", \.rooms.creation,
            "Who may start meetings: anyone who reaches the server, or whoever has an account or opened the host link."
        ),
        Setting(
            "chat.retention", \.chat.retention,
            """
            How long chat is kept when the meeting's creator does not say: not at all, until the meeting is over, \
            a day, or a month.
            """),
        Setting(
            "files.size", \.files.size, in: 0...2000,
            """
            Most megabytes of one file in the chat; 0 switches files off. Meetings that keep no chat have none \
            either.
            """),
        Setting(
            "files.per-meeting", \.files.perMeeting, in: 1...10_000, "Most files of one meeting at a time."),
        Setting(
            "files.space", \.files.space, in: 1...10_000_000,
            "Most megabytes of all meetings' files together."),
        Setting(
            "files.expiry", \.files.expiry, in: .seconds(60) ... .seconds(365 * 24 * 3600),
            "How long a file is kept; it goes earlier with its message or its meeting."),
        Setting(
            "files.refused", \.files.refused,
            "Endings of files that nobody may send, because opening them runs them."),
        Setting(
            "appointments.reconnect-grace", \.appointments.reconnectGrace, in: .seconds(1) ... .seconds(3600),
            "How long a client whose connection is lost keeps their place in the waiting room."),
        Setting(
            "embedding.origins", \.embedding.origins,
            "Sites that may show meetings and booking pages in a frame and speak with them: see docs/embedding.md."
        ),
        Setting(
            "dialects", \.dialects, argument: "--dialects LIST", bare: "all",
            "Signalling protocols of other people's pages that are served, too: see docs/dialects.md."),
    ]

    private static let operation: [Setting] = [
        Setting("log.format", \.log.format, "Lines for people or for programs."),
        Setting("log.level", \.log.level, "The least important lines that are still written."),
        Setting(
            "metrics.token-file", \.metrics.tokenFile,
            "File whose first line is the bearer token for `/metrics`; without it, only loopback may ask."),
        Setting(
            "api.keys", \.api.keys,
            """
            File with the P-256 or Ed25519 keys (PEM, JWK or JWK set) of an issuer whose bearer tokens the API \
            accepts; their `aud` is `parley`, their `sub` an account's id or address.
            """),
        Setting("loops", \.loops, in: 0...256, "Event loops, one thread each; 0 is one per core."),
    ]

    /// The setting with this key.
    public static func named(_ key: String) -> Setting? { all.first { $0.key == key } }

    init<Value: SettingValue>(
        _ key: String, _ path: any WritableKeyPath<ServerConfig, Value> & Sendable,
        argument usage: String? = nil, bare: String? = nil,
        format: String = Value.settingFormat, accepts: @escaping @Sendable (Value) -> Bool = { _ in true },
        _ summary: String
    ) {
        self.key = key
        self.summary = summary
        self.format = format
        argument = usage?.split(separator: " ").first.map(String.init)
        self.usage = usage
        bareValue = bare
        apply = { config, text in
            guard let value = Value(setting: text), accepts(value) else { return false }
            config[keyPath: path] = value
            return true
        }
        text = { config in config[keyPath: path].settingText }
    }

    init<Value: SettingValue & Comparable>(
        _ key: String, _ path: any WritableKeyPath<ServerConfig, Value> & Sendable,
        in range: ClosedRange<Value>, _ summary: String
    ) {
        self.init(
            key, path,
            format: """
                \(Value.settingFormat), from \(range.lowerBound.settingText) to \(range.upperBound.settingText)
                """,
            accepts: { range.contains($0) }, summary)
    }
}
