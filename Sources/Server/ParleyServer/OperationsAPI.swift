// SPDX-License-Identifier: Apache-2.0
internal import EventLoops
internal import HTTP
internal import MediaServer
internal import RelayServer
internal import ServerConfig
internal import SocketIO
internal import Storage
internal import TLS
internal import Telemetry
internal import WebServer

/// `/healthz`, `/readyz` and `/metrics`: for monitoring, not for people.
struct OperationsAPI {
    static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

    private let shard: Shard

    init(_ shard: Shard) { self.shard = shard }

    func handle(_ client: ClientRequest, _ answer: Answer) {
        guard answer.head.method == .get || answer.head.method == .head else {
            return answer.refuseMethod(allowed: "GET, HEAD")
        }
        switch answer.head.path {
        // This loop answers, so the process lives.
        case "/healthz": answer.send(HTTPResponse(.ok, text: "ok\n"))
        case "/readyz": ready(answer)
        default: metrics(client, answer)
        }
    }

    /// Ready means that a meeting could begin here now: the store answers and nobody is stopping us.
    private func ready(_ answer: Answer) {
        guard !shard.hub.isStopping else {
            return answer.send(HTTPResponse(.serviceUnavailable, text: "stopping\n"))
        }
        let answer = LoopBound(answer, on: shard.loop)
        shard.services.store.setting("ready") { result in
            let isReady = if case .success = result { true } else { false }
            answer.execute {
                $0.send(
                    isReady
                        ? HTTPResponse(.ok, text: "ready\n")
                        : HTTPResponse(.serviceUnavailable, text: "storage does not answer\n"))
            }
        }
    }

    private func metrics(_ client: ClientRequest, _ answer: Answer) {
        guard isAllowed(client, answer.head) else {
            return answer.refuse(
                .forbidden, "metrics-restricted",
                "Metrics are for this machine, or for whoever has the token of metrics.token-file.")
        }
        let version = shard.services.version
        let answer = LoopBound(answer, on: shard.loop)
        let relay = shard.relay?.host.service
        let realm = shard.services.config.turn.realm.text
        Gathering.collect(from: shard.shards, of: ShardFigures.init) { figures in
            var page = ShardFigures.page(figures, version: version)
            if let relay {
                var (sum, sites) = (RelayFigures(), RelaySiteCounters())
                for shard in figures {
                    sum.add(shard.relay)
                    sites.add(shard.relaySite)
                }
                sum.leases = relay.leaseCount
                RelayPage(sum, sites, realm: realm).add(to: &page)
            }
            let media = figures.compactMap(\.media)
            if !media.isEmpty {
                var sum = MediaFigures()
                for part in media { sum.add(part) }
                MediaPage(sum).add(to: &page)
            }
            let text = page.text
            answer.execute { $0.send(HTTPResponse(.ok, text: text, type: MetricsPage.contentType)) }
        }
    }

    private func isAllowed(_ client: ClientRequest, _ head: HTTPRequestHead) -> Bool {
        guard let token = shard.services.metricsToken else {
            return client.isLocal
        }
        let given = head.headers["Authorization"] ?? ""
        return Digest.constantTimeEqual(Array(given.utf8), Array("Bearer \(token)".utf8))
    }
}

/// What one shard counts.
struct ShardFigures: Sendable {
    private let web: WebLoop.Counters
    private let sockets: SocketServerStatistics
    private let rooms: Int
    private let participants: Int
    private let connections: Int
    private let dialectClients: Int
    let relay: RelayFigures
    let relaySite: RelaySiteCounters
    let media: MediaFigures?

    init(_ shard: Shard) {
        var web = shard.web.counters
        if let relay = shard.relay { web.addStreams(of: relay.site.web.counters) }
        self.web = web
        sockets = shard.hub.statistics
        rooms = shard.rooms.roomCount
        participants = shard.rooms.participantCount
        connections = shard.openConnections
        dialectClients = shard.dialects.clients.count
        relay = shard.relay?.site.figures ?? RelayFigures()
        relaySite = shard.relay?.site.counters ?? RelaySiteCounters()
        media = shard.media?.worker.figures
    }

    static func page(_ shards: [ShardFigures], version: String) -> MetricsPage {
        func sum(_ value: (ShardFigures) -> UInt64) -> UInt64 { shards.reduce(0) { $0 + value($1) } }
        func count(_ value: (ShardFigures) -> Int) -> Int { shards.reduce(0) { $0 + value($1) } }
        var page = MetricsPage()
        page.gauge("parley_build_info", "The running version.", [([("version", version)], 1)])
        page.gauge("parley_rooms_open", "Meetings with somebody in them.", count(\.rooms))
        page.gauge(
            "parley_participants_seated", "Seats taken, lost participants included.", count(\.participants))
        page.gauge("parley_sessions_open", "Signalling sessions.", count(\.sockets.sessions))
        page.gauge("parley_connections_open", "TCP connections.", count(\.connections))
        page.gauge(
            "parley_dialect_clients", "Clients of dialects, stand-ins among them.", count(\.dialectClients))
        page.counter("parley_connections_accepted_total", "TCP connections accepted.", sum(\.web.accepted))
        page.counter(
            "parley_connections_refused_full_total", "Connections refused because there were too many.",
            sum(\.web.refusedFull))
        page.counter(
            "parley_connections_refused_address_total",
            "Connections refused because their address had too many or made them too fast.",
            sum(\.web.refusedAddress))
        page.counter(
            "parley_connections_refused_rate_total", "Connections refused because they came too fast.",
            sum(\.web.refusedRate))
        page.gauge(
            "parley_handshakes_waiting", "Clients about whom the server has yet to decide.",
            count(\.sockets.waiting))
        page.counter(
            "parley_refusals_total", "Clients turned away and sessions ended by the server, by reason.",
            SocketRefusal.allCases.map { reason in
                ([("reason", reason.rawValue)], sum { UInt64($0.sockets.refusals[reason] ?? 0) })
            })
        page.counter(
            "parley_events_received_total", "Events of clients.", sum { UInt64($0.sockets.received) })
        page.counter(
            "parley_volatile_dropped_total", "Volatile events dropped because the client was not ready.",
            sum { UInt64($0.sockets.dropped) })
        page.counter("parley_tls_handshakes_total", "TLS handshakes completed.", sum(\.web.tlsHandshakes))
        page.counter(
            "parley_tls_resumptions_total", "TLS handshakes that went on with an earlier session's keys.",
            sum(\.web.tlsResumptions))
        page.counter("parley_tls_failures_total", "TLS handshakes that failed.", sum(\.web.tlsFailures))
        page.counter(
            "parley_streams_total", "Connections that carried STUN and TURN.", sum(\.web.streams))
        page.counter(
            "parley_streams_idle_total", "Of those, the ones that were of no use for too long.",
            sum(\.web.idleStreams))
        page.counter(
            "parley_stream_frames_dropped_total",
            "Frames of media dropped because a TCP client of the relay did not keep up.",
            sum(\.web.droppedFrames))
        page.counter(
            "parley_connections_unknown_total",
            "Connections that carried nothing known, by what it looked like.",
            [([("kind", "ice_tcp")], sum(\.web.iceTCP)), ([("kind", "garbage")], sum(\.web.garbage))])
        page.counter("parley_requests_total", "HTTP requests.", sum(\.web.requests))
        page.counter("parley_websockets_opened_total", "WebSockets opened.", sum(\.web.webSockets))
        page.counter(
            "parley_malformed_total", "Requests and frames that broke their protocol.", sum(\.web.malformed))
        page.counter(
            "parley_slow_clients_total", "Connections cut because they read too slowly.",
            sum(\.web.slowClients))
        page.counter("parley_received_bytes_total", "Bytes received, after TLS.", sum(\.web.bytesReceived))
        page.counter("parley_sent_bytes_total", "Bytes sent, before TLS.", sum(\.web.bytesSent))
        return page
    }
}
