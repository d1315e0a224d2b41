// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import ServerConfig
internal import TLS
internal import Telemetry

extension ParleyServer {
    /// Carries media at the sockets of the relay.
    private static func startMedia(
        at relay: RelayHost, _ shards: ShardSet, _ config: ServerConfig, _ log: Log
    ) throws(StartError) -> MediaHost? {
        guard config.media.isEnabled else { return nil }
        let media = try MediaHost(config, at: relay.service, log: log)
        shards.executeOnAll { $0.use(media) }
        return media
    }

    /// Listens at the main address, and for the relay under the same port number and at addresses of its own.
    /// - Returns: The port, and who carries media, if anybody does.
    static func listen(
        _ shards: ShardSet, _ relay: RelayHost?, _ config: ServerConfig, _ context: TLSContext?, _ log: Log
    ) throws(StartError) -> (UInt16, MediaHost?) {
        guard let relay else { return (try listen(shards, config), nil) }
        do throws(ListenFailure) {
            try check(config, port: config.http.listen.port)
        } catch {
            throw StartError(main: error)
        }
        var config = config
        config.http.listen.port = try RelayHost.port(for: config.http.listen)
        try relay.start(main: config.http.listen, addresses: config.turn.listen, context)
        shards.executeOnAll { shard in
            relay.site(on: shard.loop)?.use { shard.use(relay, $0) }
        }
        // Whoever finds the main address answering finds the relay and the media as well.
        let media = try startMedia(at: relay, shards, config, log)
        return (try listen(shards, config), media)
    }
}
