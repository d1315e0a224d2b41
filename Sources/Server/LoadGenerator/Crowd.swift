// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EngineKit
internal import EventLoops
internal import ICE
internal import JSON
internal import MediaPlans
internal import NetworkAddresses
internal import SystemCalls
internal import TLS

/// Everybody's connections, and the beat to which they send. On the loop's thread; the threads that join people reach it
/// by ``EventLoops/LoopBound``.
final class Crowd {
    /// What a connection sends.
    struct Sending: Sendable {
        var section: ClientOffer.Section
        /// Place among the publishers of the room, and how many there are: who speaks when.
        var place: Int
        var publishers: Int
    }

    /// What an offer has to say of a connection.
    struct Draft: Sendable {
        var credentials: ICECredentials
        var fingerprint: CertificateFingerprint
        var address: SocketAddress
    }

    private static let beat = Duration.milliseconds(5)

    let site: LoadSite
    private let plan: LoadPlan
    private(set) var peers: [UInt32: MediaPeer] = [:]
    private var seats: [Seat] = []
    private var timer: LoopTimer?
    private var beats = 0

    init(site: LoadSite, plan: LoadPlan) {
        self.site = site
        self.plan = plan
        timer = LoopTimer(on: site.loop) { [weak self] in self?.tick() }
        timer?.arm(after: Self.beat)
    }

    /// Opens a connection's socket.
    func open(_ number: UInt32) -> Draft? {
        guard let peer = try? MediaPeer(site, number: number) else { return nil }
        peers[number] = peer
        return Draft(
            credentials: peer.credentials, fingerprint: site.identity.fingerprint, address: peer.socket.local)
    }

    /// SSRCs for a section that sends.
    func section(mid: String, isVideo: Bool, layers: [String] = []) -> ClientOffer.Section {
        ClientOffer.Section(
            mid: mid, isVideo: isVideo, sends: true, ssrc: site.nextSSRC(), rtxSSRC: site.nextSSRC(),
            layers: layers)
    }

    /// Lets a connection go on with the server's answer.
    /// - Parameter settled: Hears why it failed, or nothing when media can flow.
    func begin(
        _ number: UInt32, _ answer: ServerAnswer, sending: [Sending],
        settled: @escaping @Sendable (String?) -> Void
    ) {
        guard let peer = peers[number] else { return settled("it is closed already") }
        peer.whenSettled = { peer in
            if case .failed(let why) = peer.state { settled(why) } else { settled(nil) }
        }
        for wish in sending {
            guard let section = answer.sections.first(where: { $0.mid == wish.section.mid }),
                section.isAccepted,
                section.mediaType != 0
            else { continue }
            peer.outgoing += streams(wish, section)
        }
        peer.begin(answer)
    }

    // MARK: Meetings

    /// Keeps a participant's signalling going.
    func seat(_ seat: Seat) {
        seats.append(seat)
        seat.crowd = self
        seat.begin(on: site.loop)
    }

    /// Participants whose signalling broke.
    var lostSeats: Int { seats.count { $0.isLost } }

    /// The server has been asked for so many pictures.
    func wished(_ number: UInt32, pictures: Int) {
        peers[number]?.wishes.append(site.loop.now)
        peers[number]?.wantedPictures = pictures
    }

    /// Encodings that nobody watches are not sent, as pages do it.
    func watched(_ number: UInt32, _ tracks: JSONValue?) {
        guard let peer = peers[number], let tracks = tracks?.object else { return }
        for index in peer.outgoing.indices where peer.outgoing[index].isVideo {
            guard let rids = tracks[String(decoding: peer.outgoing[index].mid, as: UTF8.self)]?.array else {
                continue
            }
            let rid = String(decoding: peer.outgoing[index].rid, as: UTF8.self)
            peer.outgoing[index].setPaused(!rids.contains { $0.string == rid }, at: site.loop.now)
        }
    }

    func closeAll() {
        timer?.cancel()
        for seat in seats { seat.leave() }
        seats = []
        for peer in peers.values { peer.close() }
    }

    private func streams(_ wish: Sending, _ section: ServerAnswer.Section) -> [OutgoingStream] {
        let now = site.loop.now
        // Not all at the same moment: as many phases as there are beats in a frame.
        let phase = Duration.nanoseconds(Int64(site.nextSSRC() % 33) * 1_000_000)
        guard wish.section.isVideo else {
            let audio = SyntheticAudio(place: wish.place, of: wish.publishers, seed: wish.section.ssrc)
            return [
                OutgoingStream(
                    ssrc: wish.section.ssrc, rtxSSRC: wish.section.rtxSSRC, section: section, rid: "",
                    due: now.advanced(by: phase), video: nil, audio: audio)
            ]
        }
        let layers = wish.section.layers.isEmpty ? [""] : wish.section.layers
        return layers.enumerated().map { index, rid in
            let scale = UInt16(1 << (layers.count - 1 - index))
            let video =
                plan.picture.map { SyntheticVideo($0, seed: wish.section.ssrc) }
                ?? SyntheticVideo(
                    width: 1280 / scale, height: 720 / scale,
                    bitrate: plan.videoBitrate / Int(scale * scale) * 5 / 4,
                    frameRate: plan.frameRate, seed: wish.section.ssrc)
            return OutgoingStream(
                ssrc: index == 0 ? wish.section.ssrc : site.nextSSRC(),
                rtxSSRC: index == 0 ? wish.section.rtxSSRC : site.nextSSRC(), section: section, rid: rid,
                due: now.advanced(by: phase), video: video, audio: nil)
        }
    }

    private func tick() {
        let now = Instant.monotonic()
        beats += 1
        for peer in peers.values {
            peer.sendDue(at: now)
            if beats % 10 == 0 { peer.sendFeedback(at: now) }
        }
        site.batch.flush()
        timer?.arm(at: now.advanced(by: Self.beat))
    }

    // MARK: Figures

    /// Begins the time that counts.
    func beginMeasuring() -> LoadTotals {
        site.audioDelay = Histogram()
        site.videoDelay = Histogram()
        site.isMeasuring = true
        return totals()
    }

    /// Ends it.
    func endMeasuring() -> (totals: LoadTotals, audio: Histogram, video: Histogram) {
        site.isMeasuring = false
        return (totals(), site.audioDelay, site.videoDelay)
    }

    private func totals() -> LoadTotals {
        var totals = LoadTotals()
        for peer in peers.values { totals.add(peer) }
        let counts = site.batch.counts
        totals.unsent = counts.full + counts.unreachable + counts.refused + counts.tooLarge
        return totals
    }

    /// How long it took from the beginning of each join until media could flow and came, and from when a picture was
    /// asked for until it was there.
    func arrivals() -> (connected: Histogram, packet: Histogram, frame: Histogram) {
        var (connected, packet, frame) = (Histogram(), Histogram(), Histogram())
        for peer in peers.values {
            if let time = peer.connectedAt { connected.add(peer.startedAt.duration(to: time)) }
            if let first = peer.incoming.compactMap(\.firstPacket).min() {
                packet.add(peer.startedAt.duration(to: first))
            }
            for stream in peer.incoming where stream.isVideo {
                guard let first = stream.firstPacket, let shown = stream.firstFrame else { continue }
                let asked = peer.wishes.last { $0 <= first } ?? peer.startedAt
                frame.add(asked.duration(to: shown))
            }
        }
        return (connected, packet, frame)
    }
}

/// Sums over all connections.
struct LoadTotals: Sendable {
    var sent: UInt64 = 0
    var repeated: UInt64 = 0
    var received: UInt64 = 0
    var bytes: UInt64 = 0
    var lost: UInt64 = 0
    var repaired: UInt64 = 0
    var frames: UInt64 = 0
    var freezes: UInt64 = 0
    var frozen = Duration.zero
    var sizeChanges: UInt64 = 0
    var unopened: UInt64 = 0
    var unsent: UInt64 = 0
    var videoStreams = 0
    var audioStreams = 0
    /// Pictures that were asked for, and those that never began.
    var wantedPictures = 0
    var blankPictures = 0

    fileprivate mutating func add(_ peer: MediaPeer) {
        unopened += UInt64(peer.failedPackets)
        wantedPictures += peer.wantedPictures
        let shown = peer.incoming.count { $0.isVideo && $0.frames > 0 }
        blankPictures += max(peer.wantedPictures - shown, 0)
        for stream in peer.outgoing {
            sent += UInt64(stream.packets)
            repeated += UInt64(stream.repeated)
        }
        for stream in peer.incoming {
            received += UInt64(stream.received)
            bytes += UInt64(stream.bytes)
            lost += UInt64(stream.lost)
            repaired += UInt64(stream.repaired)
            if stream.isVideo {
                frames += UInt64(stream.frames)
                videoStreams += 1
            } else {
                audioStreams += 1
            }
            freezes += UInt64(stream.freezes)
            frozen += stream.frozen
            sizeChanges += UInt64(stream.sizeChanges)
        }
    }
}
