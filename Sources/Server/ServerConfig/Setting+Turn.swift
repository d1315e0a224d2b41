// SPDX-License-Identifier: Apache-2.0

extension Setting {
    /// The settings of the built-in STUN and TURN server.
    static let turn: [Setting] = turnAddresses + turnRules

    private static let turnAddresses: [Setting] = [
        Setting(
            "turn.enabled", \.turn.isEnabled,
            "Relay media for those who cannot reach each other (STUN and TURN)."),
        Setting(
            "turn.listen", \.turn.listen,
            """
            Addresses for STUN and TURN besides the port number of http.listen, each for UDP, TCP and TLS, \
            e.g. `:3478`.
            """),
        Setting(
            "turn.public-ip", \.turn.publicAddresses, argument: "--public-ip LIST",
            """
            What others see this machine as, where a router or a cloud translates its addresses; with the local \
            address behind it where there are several.
            """),
        Setting(
            "turn.host", \.turn.host,
            "Host in the `turn:` addresses that clients are given; else the one they loaded the page from."),
        Setting(
            "turn.relay-ports", \.turn.relayPorts,
            """
            UDP ports of relayed addresses, one for each allocation; with `none` there are no ports, and clients of \
            this server reach only each other.
            """),
    ]

    private static let turnRules: [Setting] = [
        Setting("turn.realm", \.turn.realm, "The realm of TURN passwords; other software may ask for it."),
        Setting(
            "turn.secrets-file", \.turn.secretsFile,
            """
            File with the secrets that time-limited TURN passwords are made with, one a line of at least 16 bytes: the \
            first makes new ones, all are honoured. Read again when it changes. Without it, a secret of the server's \
            own.
            """),
        Setting(
            "turn.users-file", \.turn.usersFile,
            """
            File with `name:password` lines for software that cannot have time-limited passwords. Read again when it \
            changes.
            """),
        Setting(
            "turn.allow-peers", \.turn.allowedPeers,
            """
            Private or otherwise special addresses that TURN clients may reach through this server. Addresses of this \
            machine only where they are listed one by one.
            """),
        Setting(
            "turn.deny-peers", \.turn.deniedPeers,
            "Addresses that TURN clients may not reach through this server; stronger than turn.allow-peers."),
        Setting(
            "turn.user-allocations", \.turn.userAllocations, in: 1...10_000,
            "Most relayed addresses of one TURN user; a participant of a meeting is one."),
        Setting(
            "turn.address-allocations", \.turn.addressAllocations, in: 1...1_000_000,
            "Most relayed addresses for one client address, which may be a whole school."),
        Setting(
            "turn.allocations", \.turn.allocations, in: 1...1_000_000, "Most relayed addresses in all."),
        Setting(
            "turn.user-bandwidth", \.turn.userBandwidth,
            "Most that is relayed for one TURN user, each way."),
        Setting(
            "turn.unauthenticated-rate", \.turn.unauthenticatedRate, in: 1...100_000,
            """
            Answers a second over UDP to an address that has not shown who it is, and six times as many at once; more \
            are not answered.
            """),
        Setting(
            "turn.tcp-peers", \.turn.tcpPeers,
            "Let TURN clients reach TCP ports of the peers in turn.allow-peers (RFC 6062); browsers never ask."
        ),
        Setting(
            "turn.credential-lifetime", \.turn.credentialLifetime, in: .seconds(60) ... .seconds(86_400),
            "How long a TURN password is good for that a participant is given."),
        Setting(
            "turn.drain", \.turn.drain, in: .seconds(0) ... .seconds(86_400),
            "How long `parley turn` relays for those it serves once it was told to stop; nobody new is taken."
        ),
    ]
}
