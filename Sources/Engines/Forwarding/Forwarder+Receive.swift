// SPDX-License-Identifier: Apache-2.0
public import EngineKit
public import ICE
internal import MediaPlans
internal import RTP
internal import SRTP
internal import STUN

extension Forwarder {
    /// Takes one datagram, or one frame of a stream.
    ///
    /// - Parameter bytes: Left as they are.
    @unsafe public mutating func receive(
        _ bytes: UnsafeRawBufferPointer, from path: MediaPath, at now: Instant
    ) -> ForwardingVerdict {
        clock = now
        guard bytes.count > 0 else { return .foreign }
        switch unsafe bytes[0] {
        case 128...191: return unsafe receiveMedia(bytes, from: path, at: now)
        case 0...3: return unsafe receiveCheck(bytes, from: path, at: now)
        case 20...63:
            guard let index = paths[PathKey(path: path)], let connection = connections[index] else {
                return .foreign
            }
            return .handshake(connection.value.id)
        default: return .foreign
        }
    }

    private mutating func receiveCheck(
        _ bytes: UnsafeRawBufferPointer, from path: MediaPath, at now: Instant
    ) -> ForwardingVerdict {
        guard let message = unsafe try? STUNMessage(bytes), message.method == .binding else {
            return .foreign
        }
        let index: UInt32
        if let key = ICECredentials.key(in: message) {
            guard let named = names[key] else { return .foreign }
            index = named
        } else {
            // An indication has no name, only a path.
            guard message.messageClass == .indication, let known = paths[PathKey(path: path)] else {
                return .foreign
            }
            index = known
        }
        guard let connection = connections[index] else { return .foreign }
        let reaction = connection.value.ice.receive(
            message, from: path, at: now, digests, into: &answer)
        switch reaction.answer {
        case .success, .error:
            counters.checks &+= 1
            answers.append(contentsOf: answer)
            answerPlaces.append(AnswerPlace(path: path, count: answer.count))
        case .dropped: counters.count(.badCheck)
        case .none: break
        }
        apply(reaction, to: index)
        return .done
    }

    private mutating func receiveMedia(
        _ bytes: UnsafeRawBufferPointer, from path: MediaPath, at now: Instant
    ) -> ForwardingVerdict {
        guard let index = paths[PathKey(path: path)], let connection = connections[index] else {
            return .foreign
        }
        guard let opener = connection.value.opener else {
            counters.count(.noKeys)
            return .done
        }
        let genuine = counters.packetsIn &+ counters.controlIn
        switch unsafe RTPPacketKind(bytes) {
        case .rtp: unsafe receivePacket(bytes, connection, opener, at: now)
        case .rtcp: unsafe receiveControl(bytes, connection, opener, at: now)
        case nil: counters.count(.malformed)
        }
        // Only what has just been found to be the peer's tells where it is.
        if connection.value.path != path, counters.packetsIn &+ counters.controlIn != genuine {
            let reaction = connection.value.ice.heard(on: path)
            apply(reaction, to: index)
        }
        return .done
    }

    @inline(__always)
    private mutating func receivePacket(
        _ bytes: UnsafeRawBufferPointer, _ connection: Place<Connection<Ciphers>>,
        _ opener: Place<SRTPOpener<Ciphers>>, at now: Instant
    ) {
        guard let header = unsafe RTPHeader(bytes, ignoringPadding: true) else {
            return counters.count(.malformed)
        }
        guard bytes.count <= MediaRun.datagram - 256 else { return counters.count(.oversized) }
        let index = connection.value.id.index
        if let word = streams[StreamPlace.key(index, header.ssrc)] {
            let place = StreamPlace(word: word)
            if place.isRepeat {
                unsafe receiveUnplaced(bytes, header, connection, opener, place, at: now)
            } else if let publication = publications[place.publication] {
                unsafe take(bytes, header, opener, publication, Int(place.layer), connection, at: now)
            }
        } else {
            unsafe receiveUnplaced(bytes, header, connection, opener, nil, at: now)
        }
    }

    /// Opens a packet straight into its publication's log.
    @inline(__always)
    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ header: RTPHeader, _ opener: Place<SRTPOpener<Ciphers>>,
        _ publication: Place<Publication>, _ layer: Int,
        _ connection: Place<Connection<Ciphers>>, at now: Instant
    ) {
        let room = unsafe publication.value.log.room(bytes.count + PacketRecord.overhead + 256)
        let target = unsafe room + PacketRecord.front
        let opened: SRTPOpened
        do throws(SRTPFailure) {
            opened = unsafe try opener.value.open(bytes, headerCount: header.headerCount, into: target)
        } catch {
            return count(error)
        }
        counters.packetsIn &+= 1
        let payload = unsafe UnsafeMutableRawBufferPointer(start: target, count: opened.payloadCount)
        unsafe note(
            bytes, header, payload, number: Int64(opened.index), publication, layer, connection, at: now)
    }

    /// Opens a packet of a stream that is not known yet, or one that carries a repeat, elsewhere first.
    private mutating func receiveUnplaced(
        _ bytes: UnsafeRawBufferPointer, _ header: RTPHeader,
        _ connection: Place<Connection<Ciphers>>,
        _ opener: Place<SRTPOpener<Ciphers>>, _ known: StreamPlace?, at now: Instant
    ) {
        let opened: SRTPOpened
        do throws(SRTPFailure) {
            opened = unsafe try opener.value.open(bytes, headerCount: header.headerCount, into: scratch)
        } catch {
            return count(error)
        }
        counters.packetsIn &+= 1
        guard let place = unsafe known ?? findStream(bytes, header, connection) else {
            return counters.count(.unknownSource)
        }
        guard let publication = publications[place.publication] else { return }
        var payload = unsafe UnsafeRawBufferPointer(start: scratch, count: opened.payloadCount)
        var header = header
        var number = Int64(opened.index)
        if place.isRepeat {
            let layer = publication.value.layers[Int(place.layer)]
            // Before anything else: those that are of no use were sent to be told of.
            let extensions = unsafe HeaderExtensions(bytes, header, publication.value.map)
            if let sequence = extensions.transportSequence { heard(sequence, connection, at: now) }
            guard payload.count > RTXPacket.size, layer.highest >= 0 else { return }
            let sequence = unsafe UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self))
            let ahead = Int16(truncatingIfNeeded: Int64(sequence) &- layer.highest)
            number = layer.highest &+ Int64(ahead)
            guard number >= 0, ahead <= 0 else { return counters.count(.lateRepair) }
            guard let codec = publication.value.codec(header.payloadType), codec.isRepeat else {
                return counters.count(.unknownPayloadType)
            }
            header.payloadType = publication.value.codecs[codec.index].payloadType
            header.sequence = sequence
            unsafe payload = unsafe UnsafeRawBufferPointer(rebasing: payload[RTXPacket.size...])
        }
        let room = unsafe publication.value.log.room(bytes.count + PacketRecord.overhead + 256)
        let target = unsafe UnsafeMutableRawBufferPointer(
            start: room + PacketRecord.front, count: payload.count)
        unsafe target.copyMemory(from: payload)
        unsafe note(bytes, header, target, number: number, publication, Int(place.layer), connection, at: now)
    }

    mutating func count(_ failure: SRTPFailure) {
        switch failure {
        case .malformed, .unencrypted: counters.count(.malformed)
        case .forged: counters.count(.forged)
        case .replayed, .tooOld: counters.count(.replayed)
        case .tooManySources: counters.count(.tooManySources)
        }
    }

    /// Which stream a genuine packet of a new SSRC belongs to: by what it says of itself, else by the only track
    /// that has its payload type. RFC 8843 §9.2, RFC 8852.
    private mutating func findStream(
        _ bytes: UnsafeRawBufferPointer, _ header: RTPHeader,
        _ connection: Place<Connection<Ciphers>>
    ) -> StreamPlace? {
        var found: UInt32?
        for index in connection.value.publications {
            guard let publication = publications[index], publication.value.codec(header.payloadType) != nil
            else { continue }
            let extensions = unsafe HeaderExtensions(bytes, header, publication.value.map)
            if let mid = unsafe name(bytes, extensions.mid) {
                if mid == (publication.value.mid) {
                    return unsafe place(bytes, header, extensions, index, publication)
                }
            } else if found == nil {
                found = index
            } else {
                // Two tracks could have it: it has to say.
                return nil
            }
        }
        guard let found, let publication = publications[found] else { return nil }
        let extensions = unsafe HeaderExtensions(bytes, header, publication.value.map)
        guard unsafe name(bytes, extensions.mid) == nil else { return nil }
        return unsafe place(bytes, header, extensions, found, publication)
    }

    private func name(_ bytes: UnsafeRawBufferPointer, _ place: HeaderExtensions.Place) -> ShortName? {
        guard !place.isEmpty, place.range.upperBound <= bytes.count else { return nil }
        return unsafe ShortName(bytes: UnsafeRawBufferPointer(rebasing: bytes[place.range]))
    }

    private mutating func place(
        _ bytes: UnsafeRawBufferPointer, _ header: RTPHeader, _ extensions: HeaderExtensions, _ index: UInt32,
        _ publication: Place<Publication>
    ) -> StreamPlace? {
        guard let codec = publication.value.codec(header.payloadType) else { return nil }
        let rid = unsafe name(bytes, codec.isRepeat ? extensions.repairedRID : extensions.rid)
        var layer: Int?
        for candidate in 0..<(publication.value.layerCount) {
            let own = publication.value.layers[candidate]
            // Without names there is one encoding, and its first SSRC is it until another is announced.
            if own.rid == rid || (rid == nil && publication.value.layerCount == 1) {
                let taken = codec.isRepeat ? own.rtxSSRC : own.ssrc
                if taken == 0 || rid != nil { layer = candidate }
                break
            }
        }
        guard let layer else { return nil }
        bind(header.ssrc, to: index, layer, isRepeat: codec.isRepeat)
        return StreamPlace(index, layer, isRepeat: codec.isRepeat)
    }
}
