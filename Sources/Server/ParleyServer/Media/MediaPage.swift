// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import Forwarding
internal import MediaServer
internal import Telemetry

/// What was done with media, for `/metrics`.
struct MediaPage {
    private let figures: MediaFigures

    init(_ figures: MediaFigures) { self.figures = figures }

    func add(to page: inout MetricsPage) {
        page.gauge("parley_media_connections", "Peer connections with the server.", figures.connections)
        page.gauge("parley_media_rooms", "Rooms with media.", figures.rooms)
        page.gauge("parley_media_publications", "Tracks that are published.", figures.publications)
        page.gauge(
            "parley_media_loop_load_percent",
            "The part of a processor that each event loop uses, which decides whether somebody new is let in.",
            figures.load.enumerated().map { ([("loop", "\($0.offset)")], Int($0.element * 100)) })
        page.counter(
            "parley_media_handshakes_total", "DTLS handshakes, by how they ended.",
            [
                ([("result", "completed")], figures.handshakes),
                ([("result", "failed")], figures.failedHandshakes),
            ])
        page.counter(
            "parley_media_ends_total", "Connections that ended by themselves, by reason.",
            MediaEnd.allCases.map { ([("reason", "\($0)")], figures.ends[$0, default: 0]) })
        page.counter(
            "parley_media_refused_busy_total", "Connections refused because a processor was busy.",
            figures.refusedForLoad)
        addPackets(to: &page)
        addLosses(to: &page)
    }

    private func addPackets(to page: inout MetricsPage) {
        let counters = figures.counters
        page.counter(
            "parley_media_packets_total", "RTP packets that were genuine, and that left.",
            [([("direction", "in")], counters.packetsIn), ([("direction", "out")], counters.packetsOut)])
        page.counter(
            "parley_media_bytes_total", "Bytes of their payloads.",
            [([("direction", "in")], counters.bytesIn), ([("direction", "out")], counters.bytesOut)])
        page.counter(
            "parley_media_control_total", "RTCP packets.",
            [([("direction", "in")], counters.controlIn), ([("direction", "out")], counters.controlOut)])
        page.counter(
            "parley_media_repeats_total", "RTP packets asked for again, and sent again.",
            [
                ([("what", "requested")], counters.repeatsRequested),
                ([("what", "wanted")], counters.repeatsWanted),
                ([("what", "sent")], counters.packetsRepeated),
            ])
        page.counter(
            "parley_media_keyframes_total", "Keyframes asked of senders, and by receivers.",
            [
                ([("what", "requested")], counters.keyframesRequested),
                ([("what", "wanted")], counters.keyframesWanted),
            ])
        page.counter("parley_media_checks_total", "Checks of ICE that were answered.", counters.checks)
        page.counter(
            "parley_media_sent_messages_total",
            "System calls that sent media, and messages of several packets.",
            [([("what", "calls")], figures.sent.calls), ([("what", "runs")], figures.sent.segmented)])
    }

    private func addLosses(to page: inout MetricsPage) {
        let drops = DropReason.allCases.map { ([("reason", "\($0)")], figures.counters[$0]) }
        page.counter(
            "parley_media_drops_total", "Packets that were not used or not sent, by reason.",
            drops + [
                ([("reason", "hand_over")], figures.handOverDrops), ([("reason", "stray")], figures.strays),
                ([("reason", "send_buffer")], figures.sent.full),
                ([("reason", "too_large")], figures.sent.tooLarge),
                ([("reason", "unreachable")], figures.sent.unreachable),
                ([("reason", "refused")], figures.sent.refused),
            ])
    }
}
