// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import RelayServer
internal import TURNRelay
internal import Telemetry

/// What the relay has done, for `/metrics`.
struct RelayPage {
    private let figures: RelayFigures
    private let sites: RelaySiteCounters
    private let realm: String

    init(_ figures: RelayFigures, _ sites: RelaySiteCounters, realm: String) {
        self.figures = figures
        self.sites = sites
        self.realm = realm
    }

    func add(to page: inout MetricsPage) {
        addTransports(to: &page)
        page.gauge("parley_relay_addresses", "Relayed addresses in use.", figures.leases)
        page.counter(
            "parley_relay_refusals_total",
            "What the relay refused or dropped, by reason.",
            TURNRefusalReason.allCases.map { ([("reason", "\($0)")], figures.counters[$0]) })
        page.counter(
            "parley_relay_lost_datagrams_total", "Datagrams the relay could not send or take, by reason.",
            [
                ([("reason", "receive_buffer")], figures.drops),
                ([("reason", "send_buffer")], figures.sent.full),
                ([("reason", "hand_over")], figures.handOverDrops),
                ([("reason", "too_large")], figures.sent.tooLarge),
                ([("reason", "unreachable")], figures.sent.unreachable),
                ([("reason", "refused")], figures.sent.refused),
            ])
        page.gauge(
            "parley_relay_receive_buffer_bytes", "The smallest receive buffer of the relay's sockets.",
            figures.receiveBuffer)
        page.gauge("parley_relay_dtls_associations", "DTLS associations.", sites.dtlsAssociations)
        page.counter(
            "parley_relay_dtls_handshakes_total", "DTLS handshakes completed.", sites.dtlsHandshakes)
        page.counter("parley_relay_dtls_failures_total", "DTLS handshakes that failed.", sites.dtlsFailures)
    }

    private func addTransports(to page: inout MetricsPage) {
        let transports = ClientTransport.allCases.map { ($0, figures.counters[$0]) }
        func labels(_ transport: ClientTransport) -> [(String, String)] {
            [("transport", "\(transport)"), ("realm", realm)]
        }
        func rows(_ value: (TransportCounters) -> UInt64) -> [([(String, String)], UInt64)] {
            transports.map { (labels($0.0), value($0.1)) }
        }
        func directions(
            _ toPeers: (TransportCounters) -> UInt64, _ toClients: (TransportCounters) -> UInt64
        ) -> [([(String, String)], UInt64)] {
            transports.flatMap { transport, counters in
                [
                    (labels(transport) + [("to", "peers")], toPeers(counters)),
                    (labels(transport) + [("to", "clients")], toClients(counters)),
                ]
            }
        }
        page.gauge(
            "parley_relay_allocations", "Allocations that live, by the client's transport.",
            transports.map { (labels($0.0), Int(clamping: $0.1.live)) })
        page.counter("parley_relay_allocations_total", "Allocations made.", rows(\.allocations))
        page.counter("parley_relay_bindings_total", "STUN Binding requests answered.", rows(\.bindings))
        page.counter(
            "parley_relay_packets_total", "Packets relayed.", directions(\.packetsToPeers, \.packetsToClients)
        )
        page.counter(
            "parley_relay_bytes_total", "Bytes of payload relayed.",
            directions(\.bytesToPeers, \.bytesToClients))
    }
}

extension RelaySiteCounters {
    mutating func add(_ other: RelaySiteCounters) {
        dtlsHandshakes += other.dtlsHandshakes
        dtlsFailures += other.dtlsFailures
        dtlsAssociations += other.dtlsAssociations
    }
}
