// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import MediaPlans
internal import RTP

/// What a stream's number leads to: publication, layer, and whether it carries repeats.
struct StreamPlace: BitwiseCopyable {
    var publication: UInt32
    var layer: UInt8
    var isRepeat: Bool

    init(_ publication: UInt32, _ layer: Int, isRepeat: Bool) {
        self.publication = publication
        self.layer = UInt8(truncatingIfNeeded: layer)
        self.isRepeat = isRepeat
    }

    @inline(__always)
    init(word: UInt64) {
        publication = UInt32(truncatingIfNeeded: word >> 16)
        layer = UInt8(truncatingIfNeeded: word >> 8)
        isRepeat = word & 1 != 0
    }

    var word: UInt64 { UInt64(publication) << 16 | UInt64(layer) << 8 | (isRepeat ? 1 : 0) }

    @inline(__always)
    static func key(_ connection: UInt32, _ ssrc: UInt32) -> UInt64 {
        UInt64(connection) << 32 | UInt64(ssrc)
    }
}

extension Forwarder {
    /// Takes what a connection sends from now on: all its sections each time.
    /// - Returns: What each section is published as; `nil` for one that is not active.
    public mutating func publish(
        _ id: ConnectionID, _ plans: [TrackPlan], at now: Instant
    ) -> [PublicationID?] {
        clock = now
        guard let connection = connections[id.index, id.generation] else { return plans.map { _ in nil } }
        var kept: ContiguousArray<UInt32> = []
        var ids: [PublicationID?] = []
        let old = connection.value.publications
        for plan in plans.prefix(settings.maxTracks) {
            guard plan.isActive, !plan.codecs.isEmpty else {
                ids.append(nil)
                continue
            }
            let known = old.first { index in
                guard let publication = publications[index] else { return false }
                return publication.value.mid == plan.mid && publication.value.kind == plan.kind
            }
            let index = known ?? insert(plan, of: id)
            kept.append(index)
            update(index, plan)
            ids.append(PublicationID(index: index, generation: publications.generation(index)))
        }
        while ids.count < plans.count { ids.append(nil) }
        for index in old where !kept.contains(index) { unpublish(index) }
        connection.value.publications = kept
        assignAudio(connection.value.options.room.index)
        schedule(id.index, at: now)
        return ids
    }

    private mutating func insert(_ plan: TrackPlan, of id: ConnectionID) -> UInt32 {
        guard let connection = connections[id.index] else { return nobody }
        let room = connection.value.options.room.index
        let placeholder = PublicationID(index: 0, generation: 0)
        let (index, generation) = publications.insert(
            Publication(
                placeholder, connection: id.index, room: room,
                participant: connection.value.options.participant, plan, settings))
        publications[index]?.value.id = PublicationID(index: index, generation: generation)
        rooms[room]?.value.publications.append(index)
        return index
    }

    /// Takes codecs and streams of a plan that may have changed.
    private mutating func update(_ index: UInt32, _ plan: TrackPlan) {
        guard let publication = publications[index] else { return }
        publication.value.map = ExtensionMap(plans: plan.extensions)
        if !publication.value.codecs.elementsEqual(plan.codecs) {
            publication.value.codecs = ContiguousArray(plan.codecs)
            eachSubscriber(of: index) { forwarder, slot in forwarder.choosePayloadTypes(slot) }
        }
        for (layer, encoding) in plan.encodings.prefix(publication.value.layerCount).enumerated() {
            publication.value.layers[layer].rid = encoding.rid
            if let ssrc = encoding.ssrc { bind(ssrc, to: index, layer, isRepeat: false) }
            if let ssrc = encoding.rtxSSRC { bind(ssrc, to: index, layer, isRepeat: true) }
        }
    }

    /// Lets packets of an SSRC lead to a layer.
    mutating func bind(_ ssrc: UInt32, to index: UInt32, _ layer: Int, isRepeat: Bool) {
        guard let publication = publications[index], layer < Publication.maxLayers, ssrc != 0 else { return }
        let connection = publication.value.connection
        let key = StreamPlace.key(connection, ssrc)
        if let other = streams[key], StreamPlace(word: other).publication != index { return }
        let old =
            isRepeat
            ? publication.value.layers[layer].rtxSSRC : publication.value.layers[layer].ssrc
        if old != 0, old != ssrc { streams.remove(StreamPlace.key(connection, old)) }
        streams.insert(StreamPlace(index, layer, isRepeat: isRepeat).word, for: key)
        if isRepeat {
            publication.value.layers[layer].rtxSSRC = ssrc
        } else {
            publication.value.layers[layer].ssrc = ssrc
            guard old != 0, old != ssrc else { return }
            // Numbers begin anew: nothing that was sent may be mistaken for what comes now.
            publication.value.layers[layer].beginNumbers()
            eachSubscriber(of: index) { forwarder, slot in forwarder.begin(slot) }
        }
    }

    /// Ends a publication: its slots are empty from now on.
    mutating func unpublish(_ index: UInt32) {
        guard let publication = publications[index] else { return }
        while publication.value.subscribers != nobody {
            let slot = publication.value.subscribers
            fill(slot, with: nobody)
        }
        let connection = publication.value.connection
        for layer in 0..<Publication.maxLayers {
            let (ssrc, rtx) = (
                publication.value.layers[layer].ssrc, publication.value.layers[layer].rtxSSRC
            )
            if ssrc != 0 { streams.remove(StreamPlace.key(connection, ssrc)) }
            if rtx != 0 { streams.remove(StreamPlace.key(connection, rtx)) }
        }
        let room = publication.value.room
        rooms[room]?.value.publications.removeAll { $0 == index }
        rooms[room]?.value.speakers.forget(index)
        fresh.removeAll { $0 == index }
        publications.remove(index)
    }

    /// What a publication is, which no description of a session tells.
    public mutating func setTraits(_ id: PublicationID, _ traits: PublicationTraits) {
        guard let publication = publications[id.index, id.generation] else { return }
        publication.value.traits = traits
        if publication.value.kind == .audio { assignAudio(publication.value.room) }
    }

    /// Lets nothing of a publication pass, or everything again.
    public mutating func mute(_ id: PublicationID, _ isMuted: Bool, at now: Instant) {
        clock = now
        guard let publication = publications[id.index, id.generation] else { return }
        let changes = publication.value.isMuted != isMuted
        publication.value.isMuted = isMuted
        guard changes else { return }
        if publication.value.kind == .audio { assignAudio(publication.value.room) }
        guard !isMuted else { return }
        // What was not forwarded is missing now: everybody begins anew.
        eachSubscriber(of: id.index) { forwarder, slot in forwarder.begin(slot) }
    }

    mutating func eachSubscriber(of index: UInt32, _ body: (inout Forwarder, UInt32) -> Void) {
        guard let publication = publications[index] else { return }
        var slot = publication.value.subscribers
        while slot != nobody, let place = slots[slot] {
            let next = place.value.next
            body(&self, slot)
            slot = next
        }
    }
}
