// SPDX-License-Identifier: Apache-2.0
internal import EngineKit
internal import EventLoops
internal import Forwarding
internal import MediaPlans
internal import MediaServer
internal import MeetingProtocol
internal import Negotiation
internal import NetworkAddresses
internal import PacketCiphers
internal import RelayServer
internal import SDP
internal import ServerConfig
internal import TLS
internal import Telemetry

/// Audio and video of a process: who carries it, with which certificate, at which addresses.
final class MediaHost: Sendable {
    let service: MediaService
    let policy: NegotiationPolicy
    let settings: Media
    private let relay: RelayService
    private let fingerprint: CertificateFingerprint

    /// - Parameter relay: Running: its sockets are those of media, too.
    init(_ config: ServerConfig, at relay: RelayService, log: Log) throws(StartError) {
        self.relay = relay
        settings = config.media
        policy = Self.policy(config.media)
        let context: DTLSContext
        do throws(TLSError) {
            let identity = try DTLSIdentity(at: .system())
            fingerprint = identity.fingerprint
            context = try DTLSContext(media: identity)
        } catch {
            throw StartError("media: \(error.description)", fix: "Or set media.enabled = false.")
        }
        var forwarding = ForwardingSettings()
        forwarding.lastN = config.media.lastN
        forwarding.loudest = config.media.audioSlots
        let options = MediaOptions(
            context: context, forwarding: forwarding,
            processorLimit: Double(config.media.processorLimit) / 100)
        log.info("media starts", [("ciphers", .text(options.ciphers.description))])
        service = MediaService.start(at: relay, options)
        // Whoever gets through to nothing but the relay, over TLS, gets to media by it.
        relay.carryMedia(loopback: config.media.loopbackCandidates)
    }

    private static func policy(_ media: Media) -> NegotiationPolicy {
        var policy = NegotiationPolicy()
        let video = media.codecs.map { codec in
            switch codec {
            case .vp8: MediaCodec.vp8
            case .vp9: MediaCodec.vp9
            case .av1: MediaCodec.av1
            case .h264: MediaCodec.h264
            }
        }
        policy.codecs = [.opus, .red] + video
        let most = media.sendBandwidth.bitsPerSecond / 1000
        if most > 0 { policy.maxVideoKilobits = most }
        return policy
    }

    /// What pages are told about slots.
    var forwarding: Forwarding {
        Forwarding(audioSlots: settings.audioSlots, videoSlots: settings.lastN)
    }

    var roomSettings: MediaRoomSettings {
        MediaRoomSettings(audioSlots: settings.audioSlots, videoSlots: settings.lastN)
    }

    /// Our end of every connection that is made now: addresses may come and go.
    var endpoint: ServerEndpoint {
        let addresses = relay.mediaAddresses(loopback: settings.loopbackCandidates)
        return ServerEndpoint(
            fingerprint: fingerprint, candidates: SDPCandidate.hosts(udp: addresses, tcp: addresses))
    }
}
