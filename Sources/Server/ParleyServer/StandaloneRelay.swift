// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import RelayServer
public import ServerConfig
internal import TLS
public import Telemetry

/// `parley turn`: the relay alone, without pages, meetings or a database.
public final class StandaloneRelay: Sendable {
    public let config: ServerConfig
    /// Where it listens, with the ports in use: UDP and TCP, and TLS and DTLS if there is a certificate.
    public let addresses: [ListenAddress]
    /// The same and what others are told, for an operator to read.
    public var places: RelayPlaces { relay.places }
    private let relay: RelayHost
    private let loops: [EventLoop]
    private let housekeeping: Housekeeping

    /// Starts everything and listens, at `turn.listen`, or where the pages would be.
    public init(_ config: ServerConfig, log: Log) throws(StartError) {
        self.config = config
        guard config.turn.secretsFile != nil || config.turn.usersFile != nil else {
            throw StartError(
                "turn.secrets-file: nobody could use this relay, for there is neither a secret nor a user",
                fix: """
                    Name a file with a secret, for example from `openssl rand -hex 32`, with \
                    --set turn.secrets-file=FILE; or one with users in turn.users-file.
                    """)
        }
        if config.tls.mode == .local { try ParleyServer.makeFolder(config.data.folder) }
        let (context, _) = try ParleyServer.openTLS(config)
        loops = try ParleyServer.startLoops(config)
        do throws(StartError) {
            relay = try RelayHost(config, on: loops, ownSecret: nil, log: log)
            let wanted = config.turn.listen.isEmpty ? [config.http.listen] : config.turn.listen
            try relay.start(main: nil, addresses: wanted, context)
            housekeeping = try Housekeeping()
        } catch {
            for loop in loops { loop.stop() }
            throw error
        }
        addresses = relay.extraAddresses
        housekeeping.keepAccess(of: relay)
        let sites = relay.sites
        housekeeping.keepCertificates(config, .current(), log) { context, _ in
            for site in sites { site.execute { $0.use(context) } }
        }
    }

    /// Takes nobody new, and returns when the last allocation has ended or `turn.drain` is over.
    public func drain() async {
        await relay.drain(until: .monotonic().advanced(by: config.turn.drain))
    }

    /// How many allocations there are.
    public var allocationCount: Int { relay.service.leaseCount }

    /// Ends everything.
    public func stop() {
        housekeeping.stop()
        relay.stop()
        for loop in loops { loop.stop() }
    }
}
